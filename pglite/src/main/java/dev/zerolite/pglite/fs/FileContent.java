package dev.zerolite.pglite.fs;

/** The bytes of one regular file, wherever they are kept. */
interface FileContent {
  long size();

  /** Reads up to {@code length} bytes; fewer only at the end. */
  int read(long position, byte[] target, int offset, int length);

  /** Writes all bytes, extending the file where needed. */
  void write(long position, byte[] source, int offset, int length);

  /** Sets the size; new bytes are zeros. */
  void truncate(long size);

  /** Makes sure that there is room up to that size; new bytes are zeros. */
  default void allocate(long end) {
    if (end > size()) {
      truncate(end);
    }
  }

  void sync();

  /** A descriptor refers to this content from now on. */
  default void opened() {}

  /** One descriptor less refers to this content. */
  default void closed() {}
}

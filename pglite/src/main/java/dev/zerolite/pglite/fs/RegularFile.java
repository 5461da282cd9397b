package dev.zerolite.pglite.fs;

/** A regular file: a content with a name. */
public final class RegularFile extends Node {
  private final FileContent content;

  RegularFile(long inode, int permissions, FileContent content) {
    super(inode, permissions);
    this.content = content;
  }

  @Override
  int type() {
    return S_IFREG;
  }

  @Override
  public long size() {
    return content.size();
  }

  FileContent content() {
    return content;
  }

  /**
   * Reads at a position.
   *
   * @return how many bytes were read: less than {@code length} only at the end of the file
   */
  public int read(long position, byte[] target, int offset, int length) {
    return content.read(position, target, offset, length);
  }

  /** Writes all the bytes at a position; a gap before it reads as zeros. */
  public void write(long position, byte[] source, int offset, int length) {
    content.write(position, source, offset, length);
    touch();
  }

  /** Cuts the file or extends it with zeros. */
  public void truncate(long size) {
    content.truncate(size);
    touch();
  }

  /** Makes sure that there is room up to that size, filled with zeros (posix_fallocate). */
  public void allocate(long end) {
    content.allocate(end);
    touch();
  }

  /** Makes the content durable (fsync). */
  public void sync() {
    content.sync();
  }
}

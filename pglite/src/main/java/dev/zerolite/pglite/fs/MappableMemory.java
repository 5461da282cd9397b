package dev.zerolite.pglite.fs;

/** Memory that several processes see at the same addresses; files that are mapped live in it. */
public interface MappableMemory {
  /**
   * Takes a piece, filled with zeros.
   *
   * @return its address, aligned to a page
   * @throws ErrnoException ENOMEM if there is not that much
   */
  int allocate(int size);

  /** Gives a piece back, which no process may look at any more. */
  void free(int address, int size);

  void read(int address, byte[] target, int offset, int length);

  void write(int address, byte[] source, int offset, int length);
}

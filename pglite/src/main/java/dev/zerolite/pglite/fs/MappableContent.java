package dev.zerolite.pglite.fs;

/**
 * A file whose bytes lie in memory that processes can map, so that all see the same ones. It gets
 * its place when it gets its size, which PostgreSQL sets once.
 */
final class MappableContent implements FileContent {
  private final MappableMemory memory;
  private int address;
  private int size;
  private int users;
  private boolean nameLost;

  MappableContent(MappableMemory memory) {
    this.memory = memory;
  }

  /** A file whose bytes are in the memory already. */
  MappableContent(MappableMemory memory, int address, int size) {
    this.memory = memory;
    this.address = address;
    this.size = size;
  }

  /** Where the file's first byte is; EINVAL while it is empty. */
  int address() {
    if (size == 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return address;
  }

  @Override
  public void opened() {
    users++;
  }

  @Override
  public void closed() {
    users--;
    freeIfUnused();
  }

  void nameLost() {
    nameLost = true;
    freeIfUnused();
  }

  private void freeIfUnused() {
    if (nameLost && users == 0) {
      truncate(0);
    }
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(long position, byte[] target, int offset, int length) {
    if (position >= size) {
      return 0;
    }
    int count = (int) Math.min(length, size - position);
    memory.read(address + (int) position, target, offset, count);
    return count;
  }

  @Override
  public void write(long position, byte[] source, int offset, int length) {
    allocate(position + length);
    memory.write(address + (int) position, source, offset, length);
  }

  /**
   * A file that changes its size is another piece of memory, so whoever mapped it before would go
   * on with the old one: EBUSY while somebody besides the caller might have.
   */
  @Override
  public void truncate(long newSize) {
    if (newSize == size) {
      return;
    }
    if (newSize > Integer.MAX_VALUE) {
      throw new ErrnoException(Errno.EFBIG);
    }
    if (size > 0 && users > 1) {
      throw new ErrnoException(Errno.EBUSY);
    }
    byte[] kept = new byte[(int) Math.min(size, newSize)];
    if (kept.length > 0) {
      memory.read(address, kept, 0, kept.length);
    }
    int moved = newSize == 0 ? 0 : memory.allocate((int) newSize);
    if (size > 0) {
      memory.free(address, size);
    }
    address = moved;
    size = (int) newSize;
    if (kept.length > 0) {
      memory.write(address, kept, 0, kept.length);
    }
  }

  @Override
  public void sync() {}
}

package dev.zerolite.pglite.fs;

/**
 * A pipe between two descriptors of the same process (PostgreSQL's self-pipe). Nobody could fill or
 * drain it while its only process waits, so it never blocks: both ends behave as with O_NONBLOCK.
 */
public final class Pipe extends Node {
  /** PIPE_BUF and more: what Linux buffers by default. */
  private static final int CAPACITY = 64 * 1024;

  private byte[] buffer = new byte[0];
  private int start;
  private int count;

  Pipe(long inode) {
    super(inode, 0600);
  }

  @Override
  int type() {
    return S_IFIFO;
  }

  @Override
  public long size() {
    return count;
  }

  /** Takes bytes out of the pipe; EAGAIN if it is empty. */
  public int read(byte[] target, int offset, int length) {
    if (count == 0) {
      throw new ErrnoException(Errno.EAGAIN);
    }
    int taken = Math.min(length, count);
    for (int i = 0; i < taken; i++) {
      target[offset + i] = buffer[(start + i) % CAPACITY];
    }
    start = (start + taken) % CAPACITY;
    count -= taken;
    return taken;
  }

  /** Puts as many bytes into the pipe as fit; EAGAIN if none does. */
  public int write(byte[] source, int offset, int length) {
    if (count == CAPACITY) {
      throw new ErrnoException(Errno.EAGAIN);
    }
    if (buffer.length == 0) {
      buffer = new byte[CAPACITY];
    }
    int put = Math.min(length, CAPACITY - count);
    for (int i = 0; i < put; i++) {
      buffer[(start + count + i) % CAPACITY] = source[offset + i];
    }
    count += put;
    return put;
  }
}

package dev.zerolite.pglite.fs;

/**
 * Answers ENOSPC before files on the heap fill it: for PostgreSQL that is a full disk, an error of
 * one statement, where an OutOfMemoryError would strike any thread. Guarded like the tree that uses
 * it.
 */
final class HeapReserve {
  /** Files may take the heap up to this part of it; the rest is for everybody else. */
  private static final double MOST_USED = 0.8;

  /** How often to look, in bytes allocated; looking is cheap. */
  private static final long LOOK_EVERY = 1 << 20;

  /**
   * What may be allocated, in parts of the heap, before the garbage is counted anew; that is not
   * cheap.
   */
  private static final double COLLECT_EVERY = 0.05;

  private final Runtime runtime = Runtime.getRuntime();
  private long sinceLook;
  private long sinceCollection = Long.MAX_VALUE / 2;
  private boolean full;

  /**
   * Called before so many bytes are allocated.
   *
   * @throws ErrnoException ENOSPC if the heap is needed for other things
   */
  void take(int bytes) {
    sinceLook += bytes;
    sinceCollection += bytes;
    if (sinceLook >= LOOK_EVERY || full) {
      sinceLook = 0;
      look();
    }
    if (full) {
      throw new ErrnoException(Errno.ENOSPC);
    }
  }

  private void look() {
    long limit = (long) (runtime.maxMemory() * MOST_USED);
    if (used() < limit) {
      full = false;
    } else if (sinceCollection > runtime.maxMemory() * COLLECT_EVERY) {
      // Much of what is used may be garbage.
      System.gc();
      sinceCollection = 0;
      full = used() >= limit;
    }
  }

  private long used() {
    return runtime.totalMemory() - runtime.freeMemory();
  }
}

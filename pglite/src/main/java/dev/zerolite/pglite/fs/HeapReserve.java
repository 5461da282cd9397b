package dev.zerolite.pglite.fs;

/**
 * Answers ENOSPC before files on the heap fill it: for PostgreSQL that is a full disk, an error of
 * one statement, where an OutOfMemoryError would strike any thread. Some is kept for the files that
 * must not fail: WAL that cannot be written is a panic, and so is every try to recover from it.
 * Guarded like the tree that uses it.
 */
final class HeapReserve {
  /** Files may take the heap up to this part of it; the rest is for everybody else. */
  private static final double MOST_USED = 0.8;

  /** The same for files that must not fail. */
  private static final double MOST_USED_AT_ALL = 0.9;

  /** From this part on it is worth some effort to use less. */
  private static final double TIGHT = 0.4;

  /** How often to look, in bytes allocated; looking is cheap. */
  private static final long LOOK_EVERY = 1 << 20;

  /**
   * What may be allocated, in parts of the heap, before the garbage is counted anew; that is not
   * cheap.
   */
  private static final double COLLECT_EVERY = 0.05;

  private final Runtime runtime = Runtime.getRuntime();
  private final double tight;
  private long sinceLook;
  private long sinceCollection = Long.MAX_VALUE / 2;
  private boolean full;
  private boolean quiteFull;

  HeapReserve() {
    this(TIGHT);
  }

  /**
   * @param tight from which part of the heap on it is tight
   */
  HeapReserve(double tight) {
    this.tight = tight;
  }

  /**
   * Called before so many bytes are allocated.
   *
   * @param mayFail whether it is for a file that does without what is kept
   * @throws ErrnoException ENOSPC if the heap is needed for other things
   */
  void take(int bytes, boolean mayFail) {
    sinceLook += bytes;
    sinceCollection += bytes;
    if (sinceLook >= LOOK_EVERY || (mayFail ? full : quiteFull)) {
      sinceLook = 0;
      look();
    }
    if (mayFail ? full : quiteFull) {
      throw new ErrnoException(Errno.ENOSPC);
    }
  }

  /** Whether files should be kept small. */
  boolean isTight() {
    return used() > runtime.maxMemory() * tight;
  }

  private void look() {
    if (used() < most(MOST_USED)) {
      full = false;
      quiteFull = false;
    } else if (sinceCollection > runtime.maxMemory() * COLLECT_EVERY) {
      // Much of what is used may be garbage.
      System.gc();
      sinceCollection = 0;
      full = used() >= most(MOST_USED);
      quiteFull = used() >= most(MOST_USED_AT_ALL);
    }
  }

  private double most(double part) {
    return runtime.maxMemory() * part;
  }

  private long used() {
    return runtime.totalMemory() - runtime.freeMemory();
  }
}

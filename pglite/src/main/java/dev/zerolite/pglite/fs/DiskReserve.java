package dev.zerolite.pglite.fs;

import static java.util.Objects.requireNonNull;

import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Answers ENOSPC to files that grow before the device is full, so that there is room left for those
 * that must not fail: for PostgreSQL a table that cannot grow is an error of one statement, but WAL
 * that cannot be written is a panic, and so is every try to recover from it. Guarded like the tree
 * that uses it.
 */
public final class DiskReserve {
  /** How often to look, in bytes that files grow by; asking the system is not quite free. */
  private static final long LOOK_EVERY = 1 << 20;

  private final LongSupplier usable;
  private final long kept;
  private final Predicate<String> growing;
  private long sinceLook = LOOK_EVERY;
  private boolean full;

  /**
   * @param usable tells how many bytes the device has room for
   * @param kept how many of them are not for everybody
   * @param growing which files do without what is kept, by their paths below the directory
   */
  public DiskReserve(LongSupplier usable, long kept, Predicate<String> growing) {
    this.usable = requireNonNull(usable);
    this.kept = kept;
    this.growing = requireNonNull(growing);
  }

  /** Nothing is kept. */
  static DiskReserve none() {
    return new DiskReserve(() -> Long.MAX_VALUE, 0, path -> false);
  }

  boolean appliesTo(String path) {
    return growing.test(path);
  }

  /**
   * Called before a file grows by so many bytes.
   *
   * @throws ErrnoException ENOSPC if the rest is for other files
   */
  void take(long bytes) {
    sinceLook += bytes;
    if (sinceLook >= LOOK_EVERY || full) {
      sinceLook = 0;
      full = usable.getAsLong() - bytes < kept;
    }
    if (full) {
      throw new ErrnoException(Errno.ENOSPC);
    }
  }
}

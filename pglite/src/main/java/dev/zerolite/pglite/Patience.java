package dev.zerolite.pglite;

import java.util.concurrent.TimeUnit;

/**
 * How a walsender that streams gets along with those whose clients wait for them. Natively it would
 * run beside them on another core; here all share one, and decoding takes half as long as writing.
 * So what it takes from others they get back many times over, before it is its turn again. Others
 * are those who serve clients; what autovacuum does, for instance, need not be quick.
 *
 * <p>It never waits for long, which bounds how long the stream can stand still. And it is not made
 * to fall behind for good: one that never catches up is treated like all others after a while, as
 * the WAL that it has not read yet must be kept.
 *
 * <p>Guarded by the monitor of the lock.
 */
final class Patience {
  /** Others get this many times what was taken from them: they lose a seventeenth. */
  static final int OTHERS_SHARE = 16;

  /** A slice may become long where PostgreSQL does not look for interrupts. */
  static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** After so long without having caught up it gets as much as all others together. */
  static final long LONGEST_HUNGER_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * Who is not due runs when nobody else wants to, but not in the moment that a client takes from
   * one statement to the next: the client's session would come back to find the walsender at work,
   * at each commit. So it waits until others have not run for so long.
   */
  static final long QUIET_NANOS = 300_000L;

  /** How often it looks whether that is so, as nobody else is there to tell. */
  static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private long due;
  private long hungrySince;

  Patience(long now) {
    due = now;
    hungrySince = now;
  }

  /** Whether it stands in line with the others; if not, it runs when nobody else wants to. */
  boolean isDue(long now) {
    return now - due >= 0;
  }

  long due() {
    return due;
  }

  /** It had nothing to do for a while. */
  void rested(long now) {
    hungrySince = now;
  }

  /** It ran so long while others wanted to. */
  void ranBeforeOthers(long nanos, long now) {
    long share = now - hungrySince >= LONGEST_HUNGER_NANOS ? 1 : OTHERS_SHARE;
    long debt = Math.max(0, due - now) + nanos * share;
    due = now + Math.min(debt, LONGEST_WAIT_NANOS);
  }
}

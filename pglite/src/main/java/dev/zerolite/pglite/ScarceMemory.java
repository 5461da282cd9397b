package dev.zerolite.pglite;

import java.util.concurrent.TimeUnit;

/**
 * Does what must not be left undone because the heap is full at this moment. An OutOfMemoryError
 * strikes whatever thread asks next, and what took the memory is often gone a second later.
 *
 * <p>Made, like the work that it is given, while there is memory.
 */
final class ScarceMemory {
  private static final int TRIES = 20;

  private static final long PAUSE_MILLIS = TimeUnit.SECONDS.toMillis(1);

  /** Something that may be done again if it did not succeed. */
  interface Work<E extends Exception> {
    void run() throws E, InterruptedException;
  }

  /**
   * Does it, again as long as there is no memory for it, but not forever.
   *
   * @throws OutOfMemoryError if there never was
   */
  <E extends Exception> void insistOn(Work<E> work) throws E, InterruptedException {
    for (int tries = 1; ; tries++) {
      try {
        work.run();
        return;
      } catch (OutOfMemoryError e) {
        if (tries == TRIES) {
          throw e;
        }
      }
      Thread.sleep(PAUSE_MILLIS);
    }
  }
}

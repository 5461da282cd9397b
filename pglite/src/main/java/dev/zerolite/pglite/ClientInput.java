package dev.zerolite.pglite;

/**
 * A connection that its backend reads by itself: no other thread carries what a client says.
 *
 * <p>All but {@link #wakeUp} is called on the backend's own thread.
 */
public interface ClientInput {
  /**
   * Reads what has arrived, without waiting.
   *
   * @return the number of bytes; 0 if there are none yet, -1 if none will come
   */
  int read(byte[] target, int offset, int length);

  /**
   * Waits until there may be something to read, {@link ClientOutput#writeNow} may take more (each
   * if asked for), the time is up or {@link #wakeUp} was called. May return for no reason.
   *
   * @param nanos how long; Long.MAX_VALUE for as long as it takes
   */
  void await(boolean toRead, boolean toWrite, long nanos);

  /**
   * Makes the {@link #await} under way return, or the next one if there is none. From any thread;
   * returns at once.
   */
  void wakeUp();
}

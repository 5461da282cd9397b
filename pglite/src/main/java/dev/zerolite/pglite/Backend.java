package dev.zerolite.pglite;

import java.time.Duration;

/**
 * One PostgreSQL session: a real backend with private memory, on its own thread.
 *
 * <p>All methods may be called from any thread. Whoever starts a backend ends it with {@link
 * #disconnect()}.
 */
public interface Backend {
  /** The process id as pg_backend_pid() tells it; unique in the cluster while the backend lives. */
  int pid();

  /**
   * Hands the backend bytes that its client sent, from the startup packet on, cut at any place;
   * unless it has taken {@link ClientOutput#input}. Blocks while more than a bounded number of
   * bytes is queued. Bytes for a backend that has ended are dropped.
   *
   * @throws InterruptedException if interrupted while the queue is full
   */
  void receive(byte[] bytes, int offset, int length) throws InterruptedException;

  /**
   * The client is gone: once the queued bytes are used up the backend rolls back and ends. Returns
   * at once.
   */
  void disconnect();

  /** Cancels the running statement, as a CancelRequest does (SIGINT). Returns at once. */
  void cancel();

  /** Ends the session with 57P01, as pg_terminate_backend does (SIGTERM). Returns at once. */
  void terminate();

  /**
   * Waits until the backend has ended and its last bytes are written.
   *
   * @return false if it still runs after that time
   */
  boolean awaitEnd(Duration timeout) throws InterruptedException;
}

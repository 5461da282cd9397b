package dev.zerolite.pglite;

import java.io.IOException;
import java.util.Optional;

/**
 * Where a backend's protocol bytes go.
 *
 * <p>Called on the backend's own thread, never while that backend holds the cluster's interpreter
 * lock: it may block for as long as the client is slow, and no other backend waits for it.
 */
@FunctionalInterface
public interface ClientOutput {
  /**
   * Sends bytes to the client. The array belongs to the caller again when the call returns.
   *
   * @throws IOException if the client is gone; the backend then ends as it does when a client
   *     disconnects
   */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Sends what the client's connection takes without waiting for the client. Only asked of one with
   * an {@link #input()}, on whose thread it is called.
   *
   * @return how many bytes were sent, from 0 to {@code length}
   * @throws IOException as {@link #write}
   */
  default int writeNow(byte[] bytes, int offset, int length) throws IOException {
    write(bytes, offset, length);
    return length;
  }

  /**
   * What the client says, from its startup packet on, if a backend can read that by itself. Whoever
   * asks for it reads it, and nobody calls {@link Backend#receive} then. Asked for at most once,
   * before anything is written.
   */
  default Optional<ClientInput> input() {
    return Optional.empty();
  }

  /**
   * Makes a {@link #write} that waits for its client fail, and every later one. What the client's
   * socket has taken may still arrive. Called on any thread; returns at once.
   */
  default void abandon() {}

  /** Nothing will be written any more: the backend has ended. Called once, on its thread. */
  default void end() {}
}

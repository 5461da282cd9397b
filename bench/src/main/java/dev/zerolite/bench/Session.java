package dev.zerolite.bench;

import java.io.IOException;

/** One session of some PostgreSQL, spoken to in bytes. */
interface Session extends AutoCloseable {
  /**
   * Sends messages and waits for the answers to all of them.
   *
   * @param readies how many ReadyForQuery messages end them
   * @return nanoseconds that it took
   * @throws IllegalStateException if the server reports an error
   */
  long exchange(byte[] messages, int readies) throws Exception;

  @Override
  void close() throws IOException;
}

package dev.zerolite.s3;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A request's body that is read to its end when it is closed, however much of it was wanted.
 *
 * <p>The last bytes of a chunked upload, its trailer, may still be on the way when the object is
 * complete. Jetty closes a connection whose request it could not read to the end, without telling;
 * a client that has begun its next upload on that connection then fails with EPIPE, which the SDKs
 * cannot repeat for a stream.
 */
final class RequestBody extends FilterInputStream {
  /**
   * Enough for trailers and small refused bodies; who sends more to be refused loses the
   * connection.
   */
  private static final int MOST_DISCARDED = 1 << 20;

  RequestBody(InputStream body) {
    super(body);
  }

  @Override
  public void close() {
    byte[] discarded = new byte[8192];
    int total = 0;
    try {
      int count = 0;
      while (total < MOST_DISCARDED && (count = in.read(discarded)) >= 0) {
        total += count;
      }
    } catch (IOException e) {
      // The client is gone: there is no connection to keep.
    }
  }
}

package dev.zerolite.wire;

import dev.zerolite.pglite.ClientInput;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection while its backend's thread reads and writes it by itself. It is in
 * non-blocking mode until this is closed, which leaves the connection open.
 */
final class SessionChannel implements ClientInput, Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(SessionChannel.class);

  /** The JDK keeps a buffer outside of the heap for each thread that writes, as large as it had. */
  private static final int LARGEST_WRITE = 64 * 1024;

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;

  /** What has been read of the client before. */
  private final ByteBuffer first;

  /**
   * @param first what the backend reads before anything else
   */
  SessionChannel(SocketChannel channel, byte[] first) throws IOException {
    this.channel = channel;
    this.first = ByteBuffer.wrap(first);
    this.selector = Selector.open();
    try {
      channel.configureBlocking(false);
      this.key = channel.register(selector, SelectionKey.OP_READ);
    } catch (IOException e) {
      selector.close();
      throw e;
    }
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    if (first.hasRemaining()) {
      int count = Math.min(length, first.remaining());
      first.get(target, offset, count);
      return count;
    }
    try {
      return channel.read(ByteBuffer.wrap(target, offset, length));
    } catch (IOException reset) {
      LOG.debug("Connection to a client lost: {}", reset.toString());
      return -1;
    }
  }

  @Override
  public void await(boolean toRead, boolean toWrite, long nanos) {
    // of a closed channel the selector says nothing
    if (toRead && first.hasRemaining() || !channel.isOpen()) {
      return;
    }
    try {
      awaitOnly((toRead ? SelectionKey.OP_READ : 0) | (toWrite ? SelectionKey.OP_WRITE : 0));
      if (nanos == Long.MAX_VALUE) {
        selector.select(ready -> {});
      } else {
        // rounded up, or the last part of a millisecond would be waited for without a pause
        selector.select(ready -> {}, TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
      }
    } catch (CancelledKeyException | ClosedSelectorException abandoned) {
      LOG.debug("A session that did not end in time lost its connection");
    } catch (IOException e) {
      throw new IllegalStateException("waiting for a client failed", e);
    }
  }

  private void awaitOnly(int operations) {
    if (key.interestOps() != operations) {
      key.interestOps(operations);
    }
  }

  @Override
  public void wakeUp() {
    selector.wakeup();
  }

  /** Sends what the connection takes at once. */
  int writeNow(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int piece = Math.min(LARGEST_WRITE, length - done);
      int written = channel.write(ByteBuffer.wrap(bytes, offset + done, piece));
      done += written;
      if (written < piece) {
        break;
      }
    }
    return done;
  }

  /** Waits while the client does not read. */
  void write(byte[] bytes, int offset, int length) throws IOException {
    int done = writeNow(bytes, offset, length);
    while (done < length) {
      awaitReader();
      done += writeNow(bytes, offset + done, length - done);
    }
  }

  private void awaitReader() throws IOException {
    try {
      awaitOnly(SelectionKey.OP_WRITE);
      selector.select(ready -> {});
    } catch (CancelledKeyException | ClosedSelectorException e) {
      throw new IOException("The connection was closed", e);
    }
  }

  /** The connection may be read and written as any other again. */
  @Override
  public void close() throws IOException {
    selector.close();
    if (channel.isOpen()) {
      channel.configureBlocking(true);
    }
  }
}

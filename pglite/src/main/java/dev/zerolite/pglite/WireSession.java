package dev.zerolite.pglite;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A session spoken to in protocol messages: whole ones in, whole answers out. Thread-safe. */
final class WireSession implements AutoCloseable {
  private static final int HEADER = 5;

  /** In case that the backend has ended without a word; everything else wakes the caller. */
  private static final long LOOK_EVERY_SECONDS = 1;

  /** One call of {@link #exec} after the other. */
  private final ReentrantLock turn = new ReentrantLock();

  private final ReentrantLock mutex = new ReentrantLock();
  private final Condition arrived = mutex.newCondition();
  private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
  private Backend backend;

  private final PendingMessages pending = new PendingMessages();
  private boolean ended;

  // What has been seen of the answer's last message.
  private final ByteBuffer header = ByteBuffer.allocate(HEADER);
  private int bodyLeft;

  private WireSession() {}

  /** Opens a session; the answer to the startup packet is read and dropped. */
  static WireSession open(BackendStarter cluster, Map<String, String> startup)
      throws BackendStartException, InterruptedException {
    WireSession session = new WireSession();
    session.backend = cluster.start(startup, session.new Output());
    boolean opened = false;
    try {
      BackendMessages.throwFirstError(session.await());
      opened = true;
      return session;
    } finally {
      if (!opened) {
        session.close();
      }
    }
  }

  private final class Output implements ClientOutput {
    @Override
    public void write(byte[] bytes, int offset, int length) {
      mutex.lock();
      try {
        answer.write(bytes, offset, length);
        scan(bytes, offset, length);
        arrived.signal();
      } finally {
        mutex.unlock();
      }
    }

    @Override
    public void end() {
      mutex.lock();
      try {
        ended = true;
        arrived.signal();
      } finally {
        mutex.unlock();
      }
    }
  }

  private void scan(byte[] bytes, int offset, int length) {
    int at = offset;
    int end = offset + length;
    while (at < end) {
      int skipped = Math.min(bodyLeft, end - at);
      bodyLeft -= skipped;
      at += skipped;
      while (at < end && bodyLeft == 0) {
        header.put(bytes[at++]);
        if (!header.hasRemaining()) {
          header.flip();
          char type = (char) header.get();
          bodyLeft = header.getInt() - Integer.BYTES;
          header.clear();
          pending.receive(type);
        }
      }
    }
  }

  /**
   * Sends messages and waits for what the backend answers to them: until it is ready for as many
   * queries as they have, or asks for COPY data, or ends.
   *
   * @throws IllegalArgumentException if the last message is cut
   */
  byte[] exec(byte[] messages) throws InterruptedException {
    String types = types(messages);
    turn.lockInterruptibly();
    try {
      expect(types);
      backend.receive(messages, 0, messages.length);
      return await();
    } finally {
      turn.unlock();
    }
  }

  private void expect(String types) {
    mutex.lock();
    try {
      types.chars().forEach(type -> pending.send((char) type));
    } finally {
      mutex.unlock();
    }
  }

  private static String types(byte[] messages) {
    StringBuilder types = new StringBuilder();
    int at = 0;
    while (at < messages.length) {
      int left = messages.length - at - 1;
      int length =
          left < Integer.BYTES ? 0 : ByteBuffer.wrap(messages, at + 1, Integer.BYTES).getInt();
      if (length < Integer.BYTES || length > left) {
        throw new IllegalArgumentException(
            "the bytes do not end with a whole protocol message: the one at %d is cut"
                .formatted(at));
      }
      types.append((char) messages[at]);
      at += 1 + length;
    }
    return types.toString();
  }

  private byte[] await() throws InterruptedException {
    mutex.lockInterruptibly();
    try {
      while (!pending.areAnswered() && !ended && !backend.awaitEnd(Duration.ZERO)) {
        arrived.await(LOOK_EVERY_SECONDS, TimeUnit.SECONDS);
      }
      byte[] bytes = answer.toByteArray();
      answer.reset();
      return bytes;
    } finally {
      mutex.unlock();
    }
  }

  /** Whether the backend has written its last bytes. */
  boolean hasEnded() {
    mutex.lock();
    try {
      return ended;
    } finally {
      mutex.unlock();
    }
  }

  /** Ends the session; returns at once. */
  @Override
  public void close() {
    backend.disconnect();
  }
}

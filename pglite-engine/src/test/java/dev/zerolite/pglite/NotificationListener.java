package dev.zerolite.pglite;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A session that listens on a channel and does nothing else. */
final class NotificationListener implements AutoCloseable {
  private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
  private Backend backend;

  static NotificationListener open(BackendStarter cluster, String channel) throws Exception {
    NotificationListener listener = new NotificationListener();
    listener.backend =
        cluster.start(Map.of("user", "postgres", "database", "postgres"), listener::collect);
    listener.awaitReady();
    byte[] listen = FrontendMessages.query("LISTEN " + channel);
    listener.backend.receive(listen, 0, listen.length);
    listener.awaitReady();
    return listener;
  }

  /** A backend sends whole messages whenever it flushes, as these are small. */
  private void collect(byte[] bytes, int offset, int length) {
    BackendMessages.forEach(
        java.util.Arrays.copyOfRange(bytes, offset, offset + length),
        (type, body) -> {
          if (type == 'A') {
            events.add(describe(body));
          } else if (type == 'Z') {
            events.add("ready");
          }
        });
  }

  private static String describe(ByteBuffer body) {
    int pid = body.getInt();
    String channel = BackendMessages.cString(body);
    return channel + " " + BackendMessages.cString(body) + " " + pid;
  }

  private void awaitReady() throws InterruptedException {
    if (!"ready".equals(next())) {
      throw new AssertionError("expected to be ready first");
    }
  }

  String next() throws InterruptedException {
    return events.poll(20, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    backend.disconnect();
    try {
      backend.awaitEnd(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.zerolite.bench;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStarter;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A backend of ours without any socket. */
final class InProcessSession implements Session {
  private static final int LONGEST_MINUTES = 5;

  private final Answers answers = new Answers();
  private final Semaphore ready = new Semaphore(0);
  private final Backend backend;

  InProcessSession(BackendStarter cluster) throws Exception {
    backend = cluster.start(Map.of("user", "postgres", "database", "postgres"), this::written);
    await(1);
  }

  private void written(byte[] bytes, int offset, int length) {
    ready.release(answers.scan(bytes, offset, length));
  }

  @Override
  public long exchange(byte[] messages, int readies) throws Exception {
    long start = System.nanoTime();
    backend.receive(messages, 0, messages.length);
    await(readies);
    long elapsed = System.nanoTime() - start;
    if (answers.errors() > 0) {
      throw new IllegalStateException("an error was reported");
    }
    return elapsed;
  }

  private void await(int readies) throws InterruptedException {
    if (!ready.tryAcquire(readies, LONGEST_MINUTES, TimeUnit.MINUTES)) {
      throw new IllegalStateException("no answer");
    }
  }

  @Override
  public void close() {
    backend.disconnect();
  }
}

package dev.zerolite;

import dev.zerolite.wire.ConnectionGate;
import dev.zerolite.wire.ConnectionRefusedException;
import dev.zerolite.zerocache.ZeroCache;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Keeps clients from seeing a database whose migrations are not done. */
final class SetupGate implements ConnectionGate, ZeroCache.DatabaseSetUp {
  /** The application_name by which our own setup is let through. */
  static final String SETUP = "zerolite-setup";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final CountDownLatch open = new CountDownLatch(1);

  void open() {
    open.countDown();
  }

  @Override
  public boolean isDone() {
    return open.getCount() == 0;
  }

  @Override
  public void await() throws InterruptedException {
    open.await();
  }

  @Override
  public void pass(Map<String, String> startup)
      throws ConnectionRefusedException, InterruptedException {
    if (SETUP.equals(startup.get("application_name"))) {
      return;
    }
    if (!open.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new ConnectionRefusedException(
          "57P03",
          "the database is still being set up",
          "Migrations or the seed take long; connect again when zerolite says that it is ready.");
    }
  }
}

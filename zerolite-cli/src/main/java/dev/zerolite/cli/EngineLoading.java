package dev.zerolite.cli;

import dev.zerolite.pglite.host.Engine;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * Loads PostgreSQL while the command finds out what it is to do, which takes about as long. Owns
 * the thread {@code zerolite-engine}, which ends by itself.
 */
final class EngineLoading implements Supplier<Engine> {
  private final FutureTask<Engine> loading = new FutureTask<>(Engine::load);

  private EngineLoading() {}

  static EngineLoading begin() {
    var engine = new EngineLoading();
    var thread = new Thread(engine.loading, "zerolite-engine");
    thread.setDaemon(true);
    thread.start();
    return engine;
  }

  /** Waits for it. */
  @Override
  public Engine get() {
    try {
      return loading.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Engine.load(); // whoever waited to be interrupted notices at the next wait
    }
  }
}

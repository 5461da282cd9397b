package dev.zerolite.process;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one program running: starts it, asks after its health, restarts it as the program's own
 * rules say, and says so in one log line each time. Owns one thread, {@code zerolite-NAME}.
 */
public final class Supervisor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

  private static final Duration PROBE_UNTIL_HEALTHY = Duration.ofMillis(100);
  private static final Duration PROBE_WHEN_HEALTHY = Duration.ofSeconds(10);
  // A busy machine may miss a probe or two; a hung program misses them all.
  private static final int MISSED_PROBES = 6;
  // A run that was healthy for this long owes nothing to the failures before it.
  private static final Duration GOOD_RUN = Duration.ofSeconds(60);
  private static final int STOPPED_BY_US = 137;

  private final Supervised program;
  private final NodeRuntime node;
  private final Duration grace;
  private final String owner = UUID.randomUUID().toString();
  private final CountDownLatch settled = new CountDownLatch(1);
  private final CompletableFuture<String> failure = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean closing;

  private Supervisor(Supervised program, NodeRuntime node, Duration grace) {
    this.program = requireNonNull(program);
    this.node = requireNonNull(node);
    this.grace = requireNonNull(grace);
    this.thread = new Thread(this::run, "zerolite-" + program.name());
    this.thread.setDaemon(true);
  }

  /**
   * Starts supervising; returns at once.
   *
   * @param grace how long the program may take to stop before it is killed
   */
  public static Supervisor start(Supervised program, NodeRuntime node, Duration grace) {
    var supervisor = new Supervisor(program, node, grace);
    supervisor.thread.start();
    return supervisor;
  }

  /**
   * Waits until the program was healthy once or has failed for good.
   *
   * @return false if neither happened in that time
   */
  public boolean awaitSettled(Duration timeout) throws InterruptedException {
    return settled.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Completed with the reason when the program is given up; never exceptionally. */
  public CompletableFuture<String> failure() {
    return failure.copy();
  }

  private void run() {
    int failures = 0;
    while (!closing) {
      try {
        var run = runOnce();
        if (closing) {
          return;
        }
        failures = run.good() ? 1 : failures + 1;
        var verdict =
            program.ended(new Supervised.Ending(run.exitCode(), run.wasHealthy(), failures));
        if (verdict instanceof Supervised.Verdict.GiveUp giveUp) {
          fail(giveUp.reason());
          return;
        } else if (verdict instanceof Supervised.Verdict.Restart restart) {
          LOG.warn(
              "{} ended with exit code {}; {} (pause: {} ms)",
              program.name(),
              run.exitCode(),
              restart.step(),
              restart.pause().toMillis());
          TimeUnit.NANOSECONDS.sleep(restart.pause().toNanos());
        }
      } catch (IOException e) {
        fail("%s cannot be started: %s".formatted(program.name(), e.getMessage()));
        return;
      } catch (InterruptedException e) {
        return; // only close() interrupts us
      }
    }
  }

  private void fail(String reason) {
    failure.complete(reason);
    settled.countDown();
  }

  private record Run(int exitCode, boolean wasHealthy, boolean good) {}

  private Run runOnce() throws IOException, InterruptedException {
    try (var process =
        WatchedProcess.start(
            program.name(), node, owner, grace, program.command(), program::line)) {
      long healthySince = 0;
      boolean wasHealthy = false;
      int missed = 0;
      while (true) {
        var exit = process.awaitExit(wasHealthy ? PROBE_WHEN_HEALTHY : PROBE_UNTIL_HEALTHY);
        if (exit.isEmpty()) {
          boolean healthy = program.isHealthy();
          if (healthy && !wasHealthy) {
            wasHealthy = true;
            healthySince = System.nanoTime();
            settled.countDown();
          }
          missed = healthy || !wasHealthy ? 0 : missed + 1;
          if (missed >= MISSED_PROBES) {
            LOG.warn("{} has not answered {} health checks, stopping it", program.name(), missed);
            exit = OptionalInt.of(STOPPED_BY_US); // leaving this block stops it
          }
        }
        if (exit.isPresent()) {
          boolean good = wasHealthy && System.nanoTime() - healthySince >= GOOD_RUN.toNanos();
          return new Run(exit.getAsInt(), wasHealthy, good);
        }
      }
    }
  }

  /** Stops the program and waits until it and all that it started are gone. */
  @Override
  public void close() {
    closing = true;
    thread.interrupt();
    try {
      // The thread closes its process, which is bounded by the grace and the watchdog's margin.
      thread.join(grace.multipliedBy(2).plusSeconds(10).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

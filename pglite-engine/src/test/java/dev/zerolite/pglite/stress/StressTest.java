package dev.zerolite.pglite.stress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many sessions at once, for {@code -Dzerolite.stress.seconds} (8) with {@code
 * -Dzerolite.stress.sessions} (4): nothing may be lost, doubled or seen half, and PGlite as its
 * makers built it must find no fault with the directory.
 */
class StressTest {
  private final int sessions = Integer.getInteger("zerolite.stress.sessions", 4);
  private final int seconds = Integer.getInteger("zerolite.stress.seconds", 8);
  private final long seed = Long.getLong("zerolite.stress.seed", System.nanoTime());

  private final Queue<String> violations = new ConcurrentLinkedQueue<>();

  @TempDir Path scratch;

  @Test
  void sumsComeOutInMemory() throws Exception {
    sumsComeOut(ClusterOptions.inMemory());
  }

  @Test
  void sumsComeOutOnDisk() throws Exception {
    Path directory = scratch.resolve("data");
    sumsComeOut(ClusterOptions.onDisk(directory));
    UnpatchedPglite.Verdict verdict = new UnpatchedPglite(scratch).check(directory);
    assertThat(verdict.faults()).isEmpty();
    assertThat(verdict.checked()).isGreaterThan(200);
  }

  private void sumsComeOut(ClusterOptions store) throws Exception {
    System.out.printf(
        "stress: %d sessions, %d s, -Dzerolite.stress.seed=%d%n", sessions, seconds, seed);
    ClusterOptions options =
        store
            .withSetting("deadlock_timeout", "100ms")
            .withSetting("max_connections", String.valueOf(3 * sessions + 5));
    try (Cluster cluster = Cluster.start(Engine.load(), options);
        WireClient observer = WireClient.open(cluster, "postgres", "stress, the observer")) {
      StressSchema schema = new StressSchema(observer);
      schema.createIfMissing();
      List<StressWorker> workers = new ArrayList<>();
      for (int i = 0; i < sessions; i++) {
        workers.add(new StressWorker(i, 0, cluster, seed + i, new Collected()));
      }
      run(workers);

      Map<String, Integer> committed = new TreeMap<>();
      Map<String, Integer> errors = new TreeMap<>();
      for (StressWorker worker : workers) {
        worker.committed().forEach((name, count) -> committed.merge(name, count, Integer::sum));
        worker.expectedErrors().forEach((state, count) -> errors.merge(state, count, Integer::sum));
      }
      System.out.println("stress: committed " + committed + ", errors " + errors);
      assertThat(violations).isEmpty();
      int sent = committed.getOrDefault("notify", 0);
      for (StressWorker worker : workers) {
        assertThat(worker.awaitNotifications(sent)).as("notifications").isEqualTo(sent);
        worker.close();
      }
      assertThat(schema.mismatches()).isEmpty();
      assertThat(committed).containsAllEntriesOf(schema.journal());
      assertThat(committed.getOrDefault("transfer", 0)).isPositive();
      IndexCheck indexes = new IndexCheck(observer);
      assertThat(indexes.run()).isEmpty();
      assertThat(indexes.checked()).isGreaterThan(100);
      AmCheck amcheck = new AmCheck(observer);
      assertThat(amcheck.run()).isEmpty();
      assertThat(amcheck.checked()).isGreaterThan(200);
    }
  }

  private final class Collected implements StressWorker.Witness {
    @Override
    public void committed(int worker, int seq) {}

    @Override
    public void violation(String text) {
      violations.add(text);
    }
  }

  private void run(List<StressWorker> workers) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> running = new ArrayList<>();
      for (StressWorker worker : workers) {
        running.add(
            threads.submit(
                () -> {
                  worker.runUntil(deadline);
                  return null;
                }));
      }
      for (Future<?> one : running) {
        one.get(seconds + 300L, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }
}

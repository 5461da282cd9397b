package dev.zerolite.pglite.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Many sessions at once, for {@code -Dzerolite.stress.seconds} (10) with {@code
 * -Dzerolite.stress.sessions} (4): nothing may be lost, doubled or seen half.
 */
class StressTest {
  private final int sessions = Integer.getInteger("zerolite.stress.sessions", 4);
  private final int seconds = Integer.getInteger("zerolite.stress.seconds", 10);
  private final long seed = Long.getLong("zerolite.stress.seed", System.nanoTime());

  @Test
  void sumsComeOut() throws Exception {
    System.out.printf(
        "stress: %d sessions, %d s, -Dzerolite.stress.seed=%d%n", sessions, seconds, seed);
    ClusterOptions options =
        ClusterOptions.inMemory()
            .withSetting("deadlock_timeout", "100ms")
            .withSetting("max_connections", String.valueOf(3 * sessions + 5));
    try (Cluster cluster = Cluster.start(Engine.load(), options);
        WireClient observer = WireClient.open(cluster, "postgres", "stress, the observer")) {
      StressSchema schema = new StressSchema(observer);
      schema.create();
      List<StressWorker> workers = new ArrayList<>();
      for (int i = 0; i < sessions; i++) {
        workers.add(new StressWorker(i, cluster, seed + i));
      }
      run(workers);

      Map<String, Integer> committed = new TreeMap<>();
      Map<String, Integer> errors = new TreeMap<>();
      List<String> violations = new ArrayList<>();
      for (StressWorker worker : workers) {
        worker.committed().forEach((name, count) -> committed.merge(name, count, Integer::sum));
        worker.expectedErrors().forEach((state, count) -> errors.merge(state, count, Integer::sum));
        violations.addAll(worker.violations());
      }
      System.out.println("stress: committed " + committed + ", errors " + errors);
      assertThat(violations).isEmpty();
      int sent = committed.getOrDefault("notify", 0);
      for (StressWorker worker : workers) {
        assertThat(worker.awaitNotifications(sent)).as("notifications").isEqualTo(sent);
        worker.close();
      }
      assertThat(schema.mismatches(committed)).isEmpty();
      assertThat(committed.getOrDefault("transfer", 0)).isPositive();
      IndexCheck indexes = new IndexCheck(observer);
      assertThat(indexes.run()).isEmpty();
      assertThat(indexes.checked()).isGreaterThan(100);
      AmCheck amcheck = new AmCheck(observer);
      assertThat(amcheck.run()).isEmpty();
      assertThat(amcheck.checked()).isGreaterThan(200);
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

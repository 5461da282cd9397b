package dev.zerolite.pglite.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.isolation.ScheduleRunner.Outcome;
import dev.zerolite.pglite.testing.NativeServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;

/**
 * Random statements of two to six sessions give the same rows and errors, and wait in the same
 * places, as on a native server. {@link LongRandomSchedules} tries more.
 */
class RandomSchedulesTest {
  /** Far above the deadlock_timeout; the later ones are for a busy machine. */
  private static final List<Duration> SETTLE_TIMES =
      List.of(Duration.ofMillis(60), Duration.ofMillis(250), Duration.ofSeconds(1));

  private static final Map<String, String> SETTINGS =
      Map.of(
          "deadlock_timeout", "10ms",
          "autovacuum", "off",
          "max_parallel_workers_per_gather", "0",
          "max_parallel_maintenance_workers", "0");

  private static NativeServer nativeServer;
  private static Cluster cluster;
  private static ScheduleRunner nativeRunner;
  private static ScheduleRunner clusterRunner;

  @BeforeContainer
  static void startServers() throws Exception {
    nativeServer = NativeServer.start(SETTINGS);
    ClusterOptions options = ClusterOptions.inMemory();
    for (Map.Entry<String, String> setting : SETTINGS.entrySet()) {
      options = options.withSetting(setting.getKey(), setting.getValue());
    }
    cluster = Cluster.start(Engine.load(), options);
    nativeRunner = new ScheduleRunner(nativeServer);
    clusterRunner = new ScheduleRunner(cluster);
  }

  @AfterContainer
  static void stopServers() throws Exception {
    cluster.close();
    nativeServer.close();
  }

  @Provide
  Arbitrary<Schedule> schedules() {
    return Schedule.any();
  }

  @Property(tries = 20, shrinking = ShrinkingMode.BOUNDED)
  void sameAsNative(@ForAll("schedules") Schedule schedule) throws Exception {
    Outcome expected = null;
    Outcome found = null;
    for (Duration settleTime : SETTLE_TIMES) {
      expected = nativeRunner.run(schedule, settleTime);
      found = clusterRunner.run(schedule, settleTime);
      if (found.agreesWith(expected)) {
        describe(found.lines());
        Statistics.label("the same to the end").collect(found.lines().equals(expected.lines()));
        return;
      }
    }
    assertThat(String.join("\n", found.lines())).isEqualTo(String.join("\n", expected.lines()));
  }

  private static void describe(List<String> transcript) {
    Statistics.label("waits").collect(has(transcript, " waits"));
    Statistics.label("deadlocks").collect(has(transcript, " 40P01:"));
    Statistics.label("serialization failures").collect(has(transcript, " 40001:"));
    Statistics.label("unique violations").collect(has(transcript, " 23505:"));
  }

  private static boolean has(List<String> transcript, String part) {
    return transcript.stream().anyMatch(line -> line.contains(part));
  }
}

package dev.zerolite.pglite.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.NativeServer;
import dev.zerolite.pglite.testing.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * PostgreSQL's isolation specs, each on a native server and on the cluster: rows, SQLSTATEs,
 * messages, notices, notifications and what waits must be the same.
 *
 * <p>Takes minutes and needs the specs ({@link SpecSource}), so its name keeps it out of the normal
 * run; {@code mvn -pl pglite-engine test -Dtest=IsolationSpecs} runs it, {@code
 * -Dzerolite.isolation.only=a,b} only some. With {@code -Dzerolite.isolation.noise=true} a session
 * of another database calculates all the time, so that the others are interrupted anywhere.
 * Transcripts and times go to {@code target/isolation}.
 */
class IsolationSpecs {
  /**
   * How long a notice may be under way; the first is fast, the last is right on a busy machine too.
   */
  private static final List<Duration> SETTLE_TIMES =
      List.of(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofMillis(250));

  private static final Duration MAX_STEP_WAIT = Duration.ofSeconds(60);

  /** No spec shall depend on workers, which the cluster has none of. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "max_prepared_transactions", "10",
          "autovacuum", "off",
          "max_worker_processes", "0",
          "max_parallel_workers", "0",
          "max_parallel_workers_per_gather", "0");

  private static final Path REPORT = Path.of("target", "isolation");

  private static NativeServer nativeServer;
  private static Cluster cluster;
  private static SpecRuns nativeRuns;
  private static SpecRuns clusterRuns;
  private static WireClient noise;

  @BeforeAll
  static void startServers() throws Exception {
    Files.createDirectories(REPORT);
    nativeServer = NativeServer.start(SETTINGS);
    nativeRuns = new SpecRuns(nativeServer, MAX_STEP_WAIT);
    ClusterOptions options = ClusterOptions.inMemory();
    for (Map.Entry<String, String> setting : SETTINGS.entrySet()) {
      options = options.withSetting(setting.getKey(), setting.getValue());
    }
    cluster = Cluster.start(Engine.load(), options);
    clusterRuns = new SpecRuns(cluster, MAX_STEP_WAIT);
    if (Boolean.getBoolean("zerolite.isolation.noise")) {
      noise = WireClient.open(cluster, "postgres", "noise");
      noise.send("SELECT max(g) FROM (SELECT generate_series(1, 1000000000000) g) x");
    }
  }

  @AfterAll
  static void stopServers() throws Exception {
    if (noise != null) {
      noise.cancel();
      noise.close();
    }
    if (cluster != null) {
      cluster.close();
    }
    if (nativeServer != null) {
      nativeServer.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> sameAsNative() throws Exception {
    SpecSource source = SpecSource.find();
    String only = System.getProperty("zerolite.isolation.only", "");
    Set<String> wanted = Set.of(only.isEmpty() ? new String[0] : only.split(","));
    return source.names().stream()
        .filter(name -> wanted.isEmpty() || wanted.contains(name))
        .map(name -> DynamicTest.dynamicTest(name, () -> compare(name, source.spec(name))));
  }

  private static void compare(String name, Spec spec) throws Exception {
    Transcript expected = null;
    Transcript found = null;
    for (Duration settleTime : SETTLE_TIMES) {
      long start = System.nanoTime();
      expected = nativeRuns.run(spec, settleTime);
      long between = System.nanoTime();
      found = clusterRuns.run(spec, settleTime);
      long end = System.nanoTime();
      boolean equal = found.lines().equals(expected.lines());
      report(
          "%s: %d permutations, %s%s, native %d ms, cluster %d ms"
              .formatted(
                  name,
                  spec.permutations().size(),
                  equal ? "equal" : "different",
                  expected.abandoned().map(reason -> ", not runnable: " + reason).orElse(""),
                  Duration.ofNanos(between - start).toMillis(),
                  Duration.ofNanos(end - between).toMillis()));
      if (equal) {
        break;
      }
      Files.write(REPORT.resolve(name + ".native"), expected.lines());
      Files.write(REPORT.resolve(name + ".cluster"), found.lines());
    }
    assertThat(found.lines()).isEqualTo(expected.lines());
    assertThat(expected.abandoned()).as("not runnable on either server").isEmpty();
  }

  private static void report(String line) throws IOException {
    Files.writeString(
        REPORT.resolve("report.txt"),
        line + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}

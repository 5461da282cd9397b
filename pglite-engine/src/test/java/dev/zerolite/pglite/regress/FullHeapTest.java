package dev.zerolite.pglite.regress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Statements that need more memory than the JVM has end with an error; nobody else notices. Runs in
 * a JVM of its own, with a small heap.
 */
@Timeout(240)
class FullHeapTest {
  private static final String HEAP = "-Xmx400m";

  private static final List<String> GREEDY =
      List.of(
          "SELECT length(repeat('x', 1000000000))",
          "SELECT length(repeat('x', 300000000) || repeat('y', 300000000))",
          "DO $$ DECLARE t text := 'x'; BEGIN FOR i IN 1..40 LOOP t := t || t; END LOOP; END $$",
          "SELECT array_length(array_agg(g), 1) FROM (SELECT generate_series(1, 100000000) g) s",
          "SELECT count(*) FROM (SELECT g, count(*) FROM (SELECT generate_series(1, 100000000) g) x GROUP BY g) s",
          "SELECT jsonb_agg(repeat('x', 1000000)) FROM (SELECT generate_series(1, 1000) g) s");

  /** More than fits, with as much WAL; then what writes WAL only. */
  private static final List<String> FILLING =
      List.of(
          "INSERT INTO filled SELECT repeat('x', 1900) FROM generate_series(1, 300000)",
          "DO $$ BEGIN FOR i IN 1..200 LOOP UPDATE small SET n = n + 1; END LOOP; END $$",
          "INSERT INTO filled SELECT repeat('x', 1900) FROM generate_series(1, 300000)");

  @TempDir private Path directory;

  @Test
  void isAnErrorOfOneStatement() throws Exception {
    Path output = directory.resolve("output.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-classpath",
                System.getProperty("java.class.path"),
                FullHeapTest.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(180, TimeUnit.SECONDS);
    process.destroyForcibly();
    List<String> lines = new ArrayList<>(Files.readAllLines(output, UTF_8));
    lines.removeIf(line -> !line.startsWith("> "));
    // With a full heap to begin with, either the table or the session's memory cannot grow.
    assertThat(lines).as(Files.readString(output)).isIn(expected("53100"), expected("53200"));
    assertThat(ended).isTrue();
  }

  /**
   * @param last what the last statement ends with
   */
  private static List<String> expected(String last) {
    List<String> expected = new ArrayList<>();
    GREEDY.forEach(sql -> expected.addAll(List.of("> 53200", "> neighbours answer")));
    expected.addAll(List.of("> 53100", "> neighbours answer"));
    expected.addAll(List.of("> neighbours answer")); // a few rows find room in their pages
    expected.addAll(List.of("> " + last, "> neighbours answer"));
    expected.add("> closed");
    return expected;
  }

  /** The process: prints what the statements end with, and whether others still work. */
  public static void main(String[] arguments) throws Exception {
    Engine engine = Engine.load();
    try (Cluster cluster = Cluster.start(engine, ClusterOptions.inMemory());
        Cluster neighbour = Cluster.start(engine, ClusterOptions.inMemory().withName("other"));
        WireClient bystander = WireClient.open(cluster, "postgres", "bystander");
        WireClient elsewhere = WireClient.open(neighbour, "postgres", "elsewhere")) {
      for (String sql : GREEDY) {
        runAlone(cluster, sql);
        ask(bystander, elsewhere);
      }
      bystander.rows(
          "CREATE TABLE filled (t text); CREATE TABLE small (n int); INSERT INTO small VALUES (0)");
      for (String sql : FILLING) {
        runAlone(cluster, sql);
        ask(bystander, elsewhere);
      }
    }
    System.out.println("> closed");
  }

  private static void ask(WireClient bystander, WireClient elsewhere) throws Exception {
    if (bystander.value("SELECT 7").equals("7") && elsewhere.value("SELECT 8").equals("8")) {
      System.out.println("> neighbours answer");
    }
  }

  /** In a session of its own, since a backend's memory never shrinks. */
  private static void runAlone(Cluster cluster, String sql) throws Exception {
    WireClient client = WireClient.open(cluster, "postgres", "greedy");
    client.rows("SET work_mem = '1GB'");
    client.rows("SET hash_mem_multiplier = 4");
    for (Message message : client.run(sql, Duration.ofSeconds(60))) {
      if (message instanceof Message.Failure failure) {
        System.out.println("> " + failure.report().sqlState());
      }
    }
    client.rows("SELECT 1");
    client.close();
    client.awaitEnd(Duration.ofSeconds(10));
  }
}

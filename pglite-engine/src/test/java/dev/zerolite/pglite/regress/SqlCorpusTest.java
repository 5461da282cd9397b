package dev.zerolite.pglite.regress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.regress.ScriptSession.Protocol;
import dev.zerolite.pglite.testing.NativeServer;
import dev.zerolite.pglite.testing.WireClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The scripts beside this class's resources, each statement on a native server and on the cluster:
 * once by simple queries, and once by the extended protocol with binary results.
 */
@Timeout(300)
class SqlCorpusTest {
  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(60);

  private static NativeServer nativeServer;
  private static Cluster cluster;
  private static KnownDifferences known;

  @BeforeAll
  static void startServers() throws Exception {
    known = KnownDifferences.parse(resource("known-differences.txt"));
    nativeServer = NativeServer.start(ServerSettings.COMMON);
    ClusterOptions options = ClusterOptions.inMemory();
    for (Map.Entry<String, String> setting : ServerSettings.COMMON.entrySet()) {
      options = options.withSetting(setting.getKey(), setting.getValue());
    }
    cluster = Cluster.start(Engine.load(), options);
  }

  @AfterAll
  static void stopServers() throws Exception {
    if (cluster != null) {
      cluster.close();
    }
    if (nativeServer != null) {
      nativeServer.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "numbers, SIMPLE", "numbers, EXTENDED",
    "strings, SIMPLE", "strings, EXTENDED",
    "dates, SIMPLE", "dates, EXTENDED",
    "json, SIMPLE", "json, EXTENDED",
    "queries, SIMPLE", "queries, EXTENDED",
    "tables, SIMPLE", "tables, EXTENDED",
    "plpgsql, SIMPLE", "plpgsql, EXTENDED",
    "copy, SIMPLE", "copy, EXTENDED",
    "transactions, SIMPLE", "transactions, EXTENDED",
    "arrays_ranges, SIMPLE", "arrays_ranges, EXTENDED",
    "textsearch, SIMPLE", "textsearch, EXTENDED",
    "security, SIMPLE", "security, EXTENDED",
    "locales, SIMPLE", "locales, EXTENDED"
  })
  void sameAsNative(String name, Protocol protocol) throws Exception {
    String database = name + "_" + protocol.name().toLowerCase(Locale.ROOT);
    createDatabase(nativeServer, database);
    createDatabase(cluster, database);
    ScriptReport report = new ScriptReport(database);
    try (ScriptSession expected = session(nativeServer, database, protocol);
        ScriptSession found = session(cluster, database, protocol)) {
      new ScriptRun(
              resource(name + ".sql"),
              new Comparison(Normalization.ALL),
              expected,
              Optional.empty(),
              found,
              report)
          .run();
    }
    List<String> noLonger = report.removeKnown(known, name);
    report(report, noLonger);
    assertThat(report.differences()).as(report.summary()).isEmpty();
    assertThat(report.statements()).isPositive();
  }

  /** Where a run leaves its counts; a known difference that is gone may be struck off the list. */
  private static void report(ScriptReport report, List<String> noLonger) throws IOException {
    Path file = Path.of("target", "regress", "corpus.txt");
    Files.createDirectories(file.getParent());
    String lines =
        report.summary()
            + "\n"
            + noLonger.stream()
                .map(statement -> "  no longer different: " + statement + "\n")
                .collect(Collectors.joining())
            + report.differences().stream().map(d -> d + "\n").collect(Collectors.joining());
    Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static void createDatabase(BackendStarter server, String database) throws Exception {
    try (WireClient client = WireClient.open(server, "postgres", "corpus")) {
      client.rows("CREATE DATABASE " + database);
    }
  }

  private static ScriptSession session(BackendStarter server, String database, Protocol protocol) {
    return new ScriptSession(
        server,
        Map.of("user", "postgres", "database", database, "application_name", "corpus"),
        protocol,
        STATEMENT_TIMEOUT);
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = SqlCorpusTest.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}

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
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
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

  @BeforeAll
  static void startServers() throws Exception {
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
    "security, SIMPLE", "security, EXTENDED"
  })
  void sameAsNative(String name, Protocol protocol) throws Exception {
    String database = name + "_" + protocol.name().toLowerCase(java.util.Locale.ROOT);
    createDatabase(nativeServer, database);
    createDatabase(cluster, database);
    ScriptReport report = new ScriptReport(database);
    try (ScriptSession expected = session(nativeServer, database, protocol);
        ScriptSession found = session(cluster, database, protocol)) {
      new ScriptRun(
              script(name),
              new Comparison(Normalization.ALL),
              expected,
              Optional.empty(),
              found,
              report)
          .run();
    }
    System.out.println(report.summary());
    assertThat(report.differences()).as(report.summary()).isEmpty();
    assertThat(report.statements()).isPositive();
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

  private static String script(String name) throws Exception {
    try (InputStream in = SqlCorpusTest.class.getResourceAsStream(name + ".sql")) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}

package dev.zerolite.pglite.regress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.NativeServer;
import dev.zerolite.pglite.testing.PostgresSource;
import dev.zerolite.pglite.testing.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * PostgreSQL's own regression scripts, in the order of its schedule, each statement on a native
 * server and on the cluster.
 *
 * <p>Takes minutes and needs PostgreSQL's source ({@link PostgresSource}), so its name keeps it out
 * of the normal run; {@code mvn -pl pglite-engine test -Dtest=PostgresRegression} runs it, {@code
 * -Dzerolite.regress.only=a,b} only some, after test_setup. The report goes to {@code
 * target/regress}. The scripts may be of another major version: what counts is that both say the
 * same.
 */
class PostgresRegression {
  private static final String DATABASE = "regression";
  private static final Path REPORT = Path.of("target", "regress");
  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(60);

  private static final String RESET_AUTHORIZATION =
      "(?i)reset\\s+session\\s+authorization|set\\s+session\\s+authorization\\s+default";

  private static final Map<String, String> STARTUP =
      Map.of("user", "postgres", "database", DATABASE, "application_name", "regress");

  private static Path source;
  private static Map<String, String> settings;
  private static NativeServer nativeServer;
  private static NativeServer secondServer;
  private static Cluster cluster;
  private static Comparison comparison;
  private static final ScriptReport TOTAL = new ScriptReport("all");
  private static final Map<BackendStarter, String> DIRECTORIES = new HashMap<>();

  @BeforeAll
  static void startServers() throws Exception {
    source = PostgresSource.directory("src/test/regress");
    Files.createDirectories(REPORT);
    Files.deleteIfExists(REPORT.resolve("report.txt"));
    settings = ServerSettings.COMMON;
    nativeServer = NativeServer.start(settings);
    secondServer = NativeServer.start(settings);
    ClusterOptions options = ClusterOptions.inMemory();
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      options = options.withSetting(setting.getKey(), setting.getValue());
    }
    cluster = Cluster.start(Engine.load(), options);
    advance(secondServer);
    List<Normalization> normalizations = new ArrayList<>();
    for (BackendStarter server : List.of(nativeServer, secondServer, cluster)) {
      String directory = prepare(server);
      DIRECTORIES.put(server, directory);
      normalizations.add(Normalization.path(directory, "DATA"));
    }
    normalizations.addAll(Normalization.ALL);
    comparison = new Comparison(normalizations);
  }

  /** So that what only depends on numbers of objects or transactions differs on this one. */
  private static void advance(BackendStarter server) throws Exception {
    try (WireClient client = WireClient.open(server, "postgres", "regress")) {
      for (int i = 0; i < 50; i++) {
        client.rows("CREATE TABLE another (a serial PRIMARY KEY, t text)");
        client.rows("DROP TABLE another");
      }
    }
  }

  /** Makes the database, and puts the data files where the scripts look for them. */
  private static String prepare(BackendStarter server) throws Exception {
    try (WireClient client = WireClient.open(server, "postgres", "regress")) {
      client.rows(
          "CREATE DATABASE "
              + DATABASE
              + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
      for (String setting : List.of("lc_messages", "lc_monetary", "lc_numeric", "lc_time")) {
        client.rows("ALTER DATABASE %s SET %s TO 'C'".formatted(DATABASE, setting));
      }
      String directory = client.value("SHOW data_directory");
      try (Stream<Path> files = Files.list(source.resolve("data"))) {
        for (Path file : files.toList()) {
          String contents = HexFormat.of().formatHex(Files.readAllBytes(file));
          String object = client.value("SELECT lo_from_bytea(0, '\\x" + contents + "')");
          client.rows(
              "SELECT lo_export(%s, '%s/%s')".formatted(object, directory, file.getFileName()));
          client.rows("SELECT lo_unlink(%s)".formatted(object));
        }
      }
      return directory;
    }
  }

  @AfterAll
  static void stopServers() throws Exception {
    report(TOTAL.summary() + "\nnormalized\n" + TOTAL.normalizationsUsed());
    if (cluster != null) {
      cluster.close();
    }
    nativeServer.close();
    secondServer.close();
  }

  @TestFactory
  Stream<DynamicTest> sameAsNative() throws IOException {
    String only = System.getProperty("zerolite.regress.only", "");
    Set<String> wanted = Set.of(only.isEmpty() ? new String[0] : only.split(","));
    List<String> names = new ArrayList<>();
    for (String line : Files.readAllLines(source.resolve("parallel_schedule"))) {
      if (line.startsWith("test:")) {
        names.addAll(List.of(line.substring("test:".length()).strip().split("\\s+")));
      }
    }
    return names.stream()
        .filter(name -> wanted.isEmpty() || wanted.contains(name) || name.equals("test_setup"))
        .map(name -> DynamicTest.dynamicTest(name, () -> compare(name)));
  }

  private static void compare(String name) throws Exception {
    // data and results lie in one directory here
    String script =
        Files.readString(source.resolve("sql").resolve(name + ".sql"))
            .replace("'/data/", "'/")
            .replace("'/results/", "'/")
            // a session of the cluster does not know what to go back to, which would only change
            // what the rest of a script may do
            .replaceAll(RESET_AUTHORIZATION, "SET SESSION AUTHORIZATION postgres");
    ScriptReport report = new ScriptReport(name);
    try (ScriptSession expected = session(nativeServer);
        ScriptSession again = session(secondServer);
        ScriptSession found = session(cluster)) {
      new ScriptRun(script, comparison, expected, Optional.of(again), found, report).run();
    }
    TOTAL.addAll(report);
    report(report.summary());
    Path differences = REPORT.resolve(name + ".txt");
    Files.deleteIfExists(differences);
    if (!report.differences().isEmpty()) {
      Files.writeString(
          differences,
          String.join("\n", report.differences().stream().map(String::valueOf).toList()));
    }
    assertThat(report.differences()).as("see " + differences).isEmpty();
  }

  private static ScriptSession session(BackendStarter server) {
    ScriptSession session =
        new ScriptSession(server, STARTUP, ScriptSession.Protocol.SIMPLE, STATEMENT_TIMEOUT);
    String directory = DIRECTORIES.get(server);
    session.variables().set("abs_srcdir", directory);
    session.variables().set("abs_builddir", directory);
    session.variables().set("libdir", "/nowhere");
    session.variables().set("dlsuffix", ".so");
    return session;
  }

  private static void report(String line) throws IOException {
    Files.writeString(
        REPORT.resolve("report.txt"),
        line + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}

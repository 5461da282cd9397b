package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.zerolite.pglite.Authentication;
import dev.zerolite.testing.ClientProgram;
import dev.zerolite.testing.TestCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;

/** The clients that people use, with every way to authenticate. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
final class ClientsTest {
  private static final String PASSWORD = TestCluster.PASSWORD;
  private static final Duration CLIENT_TIMEOUT = Duration.ofSeconds(30);

  private final ClientProgram psql = ClientProgram.find("psql", "postgresql-client");
  private final Map<Method, TestCluster> clusters = new EnumMap<>(Method.class);
  private final Map<Method, WireServer> servers = new EnumMap<>(Method.class);

  private enum Method {
    SCRAM(Authentication.SCRAM_SHA_256),
    MD5(Authentication.MD5),
    CLEARTEXT(Authentication.PASSWORD);

    private final Authentication authentication;

    Method(Authentication authentication) {
      this.authentication = authentication;
    }
  }

  @BeforeAll
  void start() throws IOException, SQLException {
    for (Method method : Method.values()) {
      TestCluster cluster = TestCluster.start(method.authentication, Map.of());
      clusters.put(method, cluster);
      servers.put(method, WireServer.start(WireConfig.onLoopback(0), cluster.backends()));
    }
    try (Connection connection = jdbc(Method.MD5, "postgres", "postgres", PASSWORD);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "set password_encryption = 'md5'; create role old login password 'old secret'");
    }
  }

  @AfterAll
  void stop() {
    servers.values().forEach(WireServer::close);
    clusters.values().forEach(TestCluster::close);
  }

  @ParameterizedTest
  @EnumSource
  void jdbcLogsIn(Method method) throws SQLException {
    try (Connection connection = jdbc(method, "postgres", "postgres", PASSWORD)) {
      assertThat(queryInt(connection, "select 42")).isEqualTo(42);
    }
  }

  @ParameterizedTest
  @EnumSource
  void jdbcIsToldWhyNot(Method method) {
    assertRefused(
        method, "postgres", "postgres", "wrong", "28P01", authenticationFailed("postgres"));
    // a role that does not exist is not told from one with another password
    assertRefused(method, "nobody", "postgres", PASSWORD, "28P01", authenticationFailed("nobody"));
    assertRefused(
        method, "postgres", "nowhere", PASSWORD, "3D000", "database \"nowhere\" does not exist");
  }

  @Test
  void aPasswordStoredAsMd5StillWorks() throws SQLException {
    try (Connection connection = jdbc(Method.MD5, "old", "postgres", "old secret")) {
      assertThat(queryInt(connection, "select 42")).isEqualTo(42);
    }
    assertRefused(Method.MD5, "old", "postgres", "wrong", "28P01", authenticationFailed("old"));
  }

  @Test
  void rolesMadeBySqlLogInAsPostgresLetsThem() throws SQLException {
    try (Connection connection = jdbc(Method.SCRAM, "postgres", "postgres", PASSWORD);
        Statement statement = connection.createStatement()) {
      statement.execute("create role alice login password 'wonder' connection limit 1");
      statement.execute("alter role alice set work_mem = '7MB'");
      statement.execute("create role bob password 'builder'");
      statement.execute("create role carol login password 'past' valid until '2020-01-01'");
    }
    try (Connection alice = jdbc(Method.SCRAM, "alice", "postgres", "wonder");
        Statement statement = alice.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select current_user, current_setting('work_mem'), backend_type,"
                    + " host(client_addr) from pg_stat_activity where pid = pg_backend_pid()")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1)).isEqualTo("alice");
      assertThat(row.getString(2)).isEqualTo("7MB");
      assertThat(row.getString(3)).isEqualTo("client backend");
      assertThat(row.getString(4)).isIn("127.0.0.1", "::1");
      assertRefused(
          Method.SCRAM,
          "alice",
          "postgres",
          "wonder",
          "53300",
          "too many connections for role \"alice\"");
    }
    assertRefused(
        Method.SCRAM,
        "bob",
        "postgres",
        "builder",
        "28000",
        "role \"bob\" is not permitted to log in");
    assertRefused(
        Method.SCRAM, "carol", "postgres", "past", "28P01", authenticationFailed("carol"));
  }

  @Test
  void bothEndsOfTheConnectionAreKnown() throws SQLException {
    int port = servers.get(Method.SCRAM).port();
    for (String address : List.of("127.0.0.1", "::1")) {
      String host = address.contains(":") ? "[" + address + "]" : address;
      try (Connection connection =
              DriverManager.getConnection(
                  "jdbc:postgresql://" + host + ":" + port + "/postgres", "postgres", PASSWORD);
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "select host(inet_server_addr()), inet_server_port(), host(inet_client_addr()),"
                      + " inet_client_port() = client_port, current_setting('tcp_keepalives_idle')"
                      + " from pg_stat_activity where pid = pg_backend_pid()")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getString(1)).isEqualTo(address);
        assertThat(row.getInt(2)).isEqualTo(port);
        assertThat(row.getString(3)).isEqualTo(address);
        assertThat(row.getBoolean(4)).isTrue();
        assertThat(row.getInt(5)).isEqualTo(60);
      }
    }
  }

  @Test
  void twentyThreadsWorkAtOnce() throws Exception {
    int threads = 20;
    try (Connection direct = jdbc(Method.SCRAM, "postgres", "postgres", PASSWORD);
        Statement statement = direct.createStatement()) {
      statement.execute("drop table if exists counted; create table counted (n int not null)");
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Integer>> work = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int number = thread;
        work.add(() -> insertInTransactions(number));
      }
      for (Future<Integer> pid : pool.invokeAll(work, 45, TimeUnit.SECONDS)) {
        assertThat(pid.get()).isPositive();
      }
    } finally {
      pool.shutdownNow();
    }
    try (Connection connection = jdbc(Method.SCRAM, "postgres", "postgres", PASSWORD)) {
      assertThat(queryInt(connection, "select count(*) from counted")).isEqualTo(threads * 20);
    }
  }

  @Test
  void jdbcCancelsAStatement() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Connection connection = jdbc(Method.SCRAM, "postgres", "postgres", PASSWORD);
        Connection watcher = jdbc(Method.SCRAM, "postgres", "postgres", PASSWORD);
        Statement statement = connection.createStatement();
        Statement watch = watcher.createStatement()) {
      // The statement surely runs once it waits for the watcher's lock.
      watch.execute("select pg_advisory_lock(99)");
      int pid = connection.unwrap(PGConnection.class).getBackendPID();
      Future<Boolean> running =
          other.submit(() -> statement.execute("select pg_advisory_lock(99)"));
      while (queryInt(
              watcher,
              "select count(*) from pg_locks where locktype = 'advisory' and not granted and pid = "
                  + pid)
          == 0) {
        assertThat(running.isDone()).isFalse();
      }
      statement.cancel();
      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(() -> running.get(20, TimeUnit.SECONDS))
          .havingCause()
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
      assertThat(queryInt(connection, "select 1")).isEqualTo(1);
    } finally {
      other.shutdownNow();
    }
  }

  @Test
  void jdbcCopiesInAndOut() throws Exception {
    try (Connection connection = jdbc(Method.SCRAM, "postgres", "postgres", PASSWORD);
        Statement statement = connection.createStatement()) {
      statement.execute("create temp table copied (a int, b text)");
      StringBuilder rows = new StringBuilder();
      for (int i = 0; i < 20_000; i++) {
        rows.append(i).append("\tväl").append(i).append('\n');
      }
      var copy = connection.unwrap(PGConnection.class).getCopyAPI();
      assertThat(copy.copyIn("copy copied from stdin", new StringReader(rows.toString())))
          .isEqualTo(20_000);
      var out = new ByteArrayOutputStream();
      copy.copyOut("copy (select * from copied order by a) to stdout", out);
      assertThat(out.toString(UTF_8)).isEqualTo(rows.toString());
    }
  }

  @Test
  void psqlWorks(@TempDir Path directory) throws Exception {
    Path data = Files.writeString(directory.resolve("rows.csv"), "1,one\n2,two\n");
    ClientProgram.Result result =
        psql(
            directory,
            PASSWORD,
            "create temp table t (a int, b text)",
            "\\copy t from '" + data + "' csv",
            "select b from t order by a",
            "\\conninfo");
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout()).contains("COPY 2\none\ntwo\n").contains("database \"postgres\"");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void psqlIsToldThatThePasswordIsWrong(@TempDir Path directory) throws Exception {
    ClientProgram.Result result = psql(directory, "wrong", "select 1");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).contains("FATAL:  " + authenticationFailed("postgres"));
  }

  @Test
  void postgresJsWorks() throws Exception {
    Path directory = Path.of("target", "wire-node");
    Files.createDirectories(directory);
    Path script = directory.resolve("postgres-js.mjs");
    try (var source = ClientsTest.class.getResourceAsStream("/wire/postgres-js.mjs")) {
      Files.write(script, source.readAllBytes());
    }
    if (!Files.exists(directory.resolve("node_modules/postgres"))) {
      ClientProgram.Result install =
          ClientProgram.find("npm", "npm")
              .run(
                  directory,
                  Map.of(),
                  Duration.ofSeconds(50),
                  List.of("install", "--no-audit", "--no-fund", "--prefix", ".", "postgres@3.4.9"));
      assertThat(install.exitCode()).as(install.stderr()).isZero();
    }
    ClientProgram.Result result =
        ClientProgram.find("node", "nodejs")
            .run(
                directory,
                Map.of(
                    "PGPORT",
                    Integer.toString(servers.get(Method.SCRAM).port()),
                    "PGPASSWORD",
                    PASSWORD),
                CLIENT_TIMEOUT,
                List.of(script.getFileName().toString()));
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout()).endsWith("all well\n");
    assertThat(result.exitCode()).isZero();
  }

  private ClientProgram.Result psql(Path directory, String password, String... commands)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of("-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "localhost", "-U", "postgres"));
    arguments.addAll(
        List.of("-p", Integer.toString(servers.get(Method.SCRAM).port()), "-d", "postgres"));
    for (String command : commands) {
      arguments.addAll(List.of("-c", command));
    }
    return psql.run(
        directory,
        Map.of("PGPASSWORD", password, "PGPASSFILE", "/dev/null", "LC_ALL", "C.UTF-8"),
        CLIENT_TIMEOUT,
        arguments);
  }

  private int insertInTransactions(int number) throws SQLException {
    try (Connection connection = jdbc(Method.SCRAM, "postgres", "postgres", PASSWORD)) {
      connection.setAutoCommit(false);
      for (int i = 0; i < 40; i++) {
        try (PreparedStatement insert =
            connection.prepareStatement("insert into counted values (?)")) {
          insert.setInt(1, number);
          assertThat(insert.executeUpdate()).isEqualTo(1);
        }
        if (i % 2 == 0) {
          connection.commit();
        } else {
          connection.rollback();
        }
      }
      return connection.unwrap(PGConnection.class).getBackendPID();
    }
  }

  private void assertRefused(
      Method method, String user, String database, String password, String state, String message) {
    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(() -> jdbc(method, user, database, password))
        .withMessage("FATAL: " + message)
        .returns(state, SQLException::getSQLState);
  }

  private static String authenticationFailed(String user) {
    return "password authentication failed for user \"" + user + "\"";
  }

  private Connection jdbc(Method method, String user, String database, String password)
      throws SQLException {
    int port = servers.get(method).port();
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:" + port + "/" + database, user, password);
  }

  private static int queryInt(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getInt(1);
    }
  }
}

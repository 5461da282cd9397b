package dev.zerolite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.config.AppCommand;
import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.testing.NativePostgres;
import dev.zerolite.testing.NativePostgresExtension;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The whole orchestration, with a native PostgreSQL in the cluster's place. */
@ExtendWith(NativePostgresExtension.class)
@Timeout(300)
class ZeroLiteTest {
  @TempDir Path app;

  private NativePostgres postgres;
  private ZeroLiteConfig.Builder config;

  @BeforeEach
  void use(NativePostgres server) {
    postgres = server;
    config =
        ZeroLiteConfig.builder(app)
            .postgresPort(0)
            .zeroCachePort(0)
            .ephemeral()
            .user("postgres")
            .database("app_" + UUID.randomUUID().toString().substring(0, 8));
    config.s3().port(0);
  }

  @Test
  void runsARealZeroCacheAndLeavesNothingBehind() throws Exception {
    migration("01.sql", "CREATE TABLE item (id int PRIMARY KEY, name text);");
    // A server of its own, since the slot outlives the test.
    try (var own = NativePostgres.start()) {
      postgres = own;
      try (var zerolite = start();
          var connection = connect(zerolite)) {
        var url = URI.create(zerolite.zeroCacheUrl().orElseThrow() + "/keepalive");
        assertThat(get(url).statusCode()).isEqualTo(200);
        assertThat(query(connection, "SELECT active FROM pg_replication_slots")).isEqualTo("t");
        assertThat(app.resolve(".zerolite/.gitignore")).hasContent("*");
        assertThat(nodeProcesses()).isPositive();
      }
      assertThat(nodeProcesses()).isZero();
    }
  }

  @Test
  void startsTheAppWithTheDatabaseInItsEnvironment() throws Exception {
    int port = Ports.freePair();
    Files.writeString(
        app.resolve("server.js"),
        "require('http').createServer((q, r) => r.end(process.env.DATABASE_URL))"
            + ".listen(process.env.PORT, 'localhost')");
    config
        .runZeroCache(false)
        .app(
            new AppCommand(
                "exec node server.js", OptionalInt.of(port), Optional.empty(), Map.of()));

    try (var zerolite = start()) {
      assertThat(zerolite.appUrl()).contains("http://localhost:" + port);
      assertThat(get(URI.create("http://localhost:" + port)).body())
          .isEqualTo(zerolite.postgresUrl());
    }
    assertThat(nodeProcesses()).isZero();
  }

  @Test
  void tellsTheAppWhereS3Is() throws Exception {
    int port = Ports.freePair();
    Files.writeString(
        app.resolve("server.js"),
        "const e = process.env; require('http').createServer((q, r) => r.end("
            + "[e.S3_ENDPOINT, e.S3_ACCESS_KEY_ID, e.S3_SECRET_ACCESS_KEY, e.S3_BUCKET].join(' ')))"
            + ".listen(e.PORT, 'localhost')");
    config
        .runZeroCache(false)
        .app(
            new AppCommand(
                "exec node server.js", OptionalInt.of(port), Optional.empty(), Map.of()));
    config.s3().buckets(List.of("uploads"));

    URI s3;
    try (var zerolite = start()) {
      s3 = URI.create(zerolite.s3Url().orElseThrow());
      assertThat(get(URI.create("http://localhost:" + port)).body())
          .isEqualTo(s3 + " zerolite zerolite-secret uploads");
      assertThat(get(s3.resolve("/uploads/none")).statusCode()).isEqualTo(403);
      assertThat(app.resolve(".zerolite/s3/uploads")).isDirectory();
      assertThat(app.resolve(".zerolite/.gitignore")).hasContent("*");
    }
    try (var free = new ServerSocket(s3.getPort())) {
      assertThat(free.isBound()).isTrue();
    }
  }

  @Test
  void withoutS3ThereIsNoEndpoint() throws Exception {
    config.runZeroCache(false).runS3(false);

    try (var zerolite = start()) {
      assertThat(zerolite.s3Url()).isEmpty();
      assertThat(app.resolve(".zerolite/s3")).doesNotExist();
    }
  }

  @Test
  void aBusyS3PortIsNamed() throws Exception {
    config.runZeroCache(false);
    try (var taken = new ServerSocket(0)) {
      config.s3().port(taken.getLocalPort());
      assertFails(
          ZeroLiteException.Reason.PORT_IN_USE,
          "Port %d, which the S3 endpoint needs".formatted(taken.getLocalPort()));
    }
  }

  @Test
  void anAppThatDoesNotStartIsAFailure() {
    config
        .runZeroCache(false)
        .app(new AppCommand("exit 9", OptionalInt.of(1), Optional.empty(), Map.of()));

    assertFails(
        ZeroLiteException.Reason.APP, "ended 3 times in a row, the last time with exit code 9");
  }

  @Test
  void aFailedMigrationStopsTheStart() throws Exception {
    migration("01.sql", "CREATE TABLE t (a int);\nSELECT oops;");
    config.runZeroCache(false);

    assertFails(ZeroLiteException.Reason.MIGRATION, "01.sql:2: column \"oops\" does not exist");
  }

  @Test
  void aBusyPortIsNamed() throws Exception {
    int pair = Ports.freePair();
    try (var busy = new ServerSocket(pair + 1)) {
      config.zeroCachePort(pair);
      assertFails(
          ZeroLiteException.Reason.PORT_IN_USE,
          "Port %d, which zero-cache (it uses the port after its own too) needs, is in use"
              .formatted(busy.getLocalPort()));
    }
  }

  @Test
  void aBusyPostgresPortIsNamed() {
    config.runZeroCache(false).postgresPort(postgres.port());

    assertFails(ZeroLiteException.Reason.PORT_IN_USE, "Port %d ".formatted(postgres.port()));
  }

  private void assertFails(ZeroLiteException.Reason reason, String message) {
    assertThatThrownBy(this::start)
        .isInstanceOf(ZeroLiteException.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(((ZeroLiteException) e).reason()).isEqualTo(reason));
  }

  private ZeroLite start() throws Exception {
    return ZeroLite.start(
        config.build(),
        c ->
            new ClusterStarter.RunningCluster(
                postgres.backends(), false, () -> false, new CompletableFuture<>(), () -> {}),
        System.getenv());
  }

  private void migration(String name, String sql) throws Exception {
    var directory = Files.createDirectories(app.resolve("db/migrations"));
    Files.writeString(directory.resolve(name), sql);
    config.migrations(directory);
  }

  private static HttpResponse<String> get(URI url) throws Exception {
    // zero-cache answers 400 to the upgrade header of HTTP/2.
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .build()
        .send(
            HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(10)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static Connection connect(ZeroLite zerolite) throws SQLException {
    var url = URI.create(zerolite.postgresUrl());
    var userInfo = url.getUserInfo().split(":");
    return DriverManager.getConnection(
        "jdbc:postgresql://%s:%d%s".formatted(url.getHost(), url.getPort(), url.getPath()),
        userInfo[0],
        userInfo[1]);
  }

  private static String query(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  /** Below this process; the shared PostgreSQL is there too. */
  private static long nodeProcesses() {
    return ProcessHandle.current()
        .descendants()
        .filter(ProcessHandle::isAlive)
        .filter(process -> process.info().command().orElse("").endsWith("node"))
        .count();
  }
}

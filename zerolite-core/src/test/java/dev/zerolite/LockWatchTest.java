package dev.zerolite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.testing.NativePostgres;
import dev.zerolite.testing.NativePostgresExtension;
import dev.zerolite.testing.TestCluster;
import dev.zerolite.testing.TestClusterExtension;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;

@ExtendWith({TestClusterExtension.class, NativePostgresExtension.class})
@Timeout(120)
final class LockWatchTest {
  private static final Duration SOON = Duration.ofMillis(50);

  private enum Server {
    OURS,
    POSTGRES
  }

  private final TestCluster ours;
  private final NativePostgres postgres;
  private final BlockingQueue<String> reports = new LinkedBlockingQueue<>();
  private final ExecutorService pool = Executors.newSingleThreadExecutor();

  LockWatchTest(TestCluster ours, NativePostgres postgres) {
    this.ours = ours;
    this.postgres = postgres;
  }

  @AfterEach
  void stop() {
    pool.shutdownNow();
  }

  @ParameterizedTest
  @EnumSource
  void tellsWhoMakesOthersWait(Server server) throws Exception {
    try (var wire = wire(server);
        var watch = watch(wire);
        var holder = connect(wire, "forgetful app");
        var waiter = connect(wire, "patient app");
        var hold = holder.createStatement()) {
      assertThat(watch).isNotNull();
      holder.setAutoCommit(false);
      hold.execute("select pg_advisory_xact_lock(31)");
      // idle in transaction, but in nobody's way
      assertThat(reports.poll(300, TimeUnit.MILLISECONDS)).isNull();

      var waiting = execute(waiter, "select pg_advisory_lock(31)");

      assertThat(reports.poll(30, TimeUnit.SECONDS))
          .matches(
              "Session \\d+ \\(forgetful app, database postgres\\) has been idle in transaction for \\d+ s"
                  + " after `select pg_advisory_xact_lock\\(31\\)` and makes \\d+ \\(patient app\\) wait.*"
                  + "pg_terminate_backend\\(\\d+\\).*");
      // once is enough for a minute
      assertThat(reports.poll(300, TimeUnit.MILLISECONDS)).isNull();
      holder.commit();
      assertThat(waiting.get(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** For PostgreSQL such a session is active. */
  @ParameterizedTest
  @EnumSource
  void tellsOfAClientThatStoppedInsideACopy(Server server) throws Exception {
    try (var wire = wire(server);
        var watch = watch(wire);
        var holder = connect(wire, "half a copy");
        var waiter = connect(wire, "patient app");
        var setUp = waiter.createStatement()) {
      assertThat(watch).isNotNull();
      setUp.execute("drop table if exists copied; create table copied (a int)");
      var copy = holder.unwrap(PGConnection.class).getCopyAPI().copyIn("copy copied from stdin");
      var row = "1\n".getBytes(UTF_8);
      copy.writeToCopy(row, 0, row.length);
      copy.flushCopy();

      var waiting = execute(waiter, "drop table copied");

      assertThat(reports.poll(30, TimeUnit.SECONDS))
          .contains(
              "(half a copy, database postgres) has been waiting for its client (ClientRead) for",
              "after `copy copied from stdin` and makes",
              "(patient app) wait");
      copy.endCopy();
      waiting.get(20, TimeUnit.SECONDS);
    }
  }

  private WireServer wire(Server server) throws IOException {
    BackendStarter backends = server == Server.OURS ? ours.backends() : postgres.backends();
    return WireServer.start(WireConfig.onLoopback(0), backends);
  }

  private LockWatch watch(WireServer wire) {
    return LockWatch.start(
        () -> connect(wire, "watch"), () -> wire.someoneWaitsLongerThan(SOON), SOON, reports::add);
  }

  private Future<Boolean> execute(Connection connection, String sql) {
    return pool.submit(
        () -> {
          try (var statement = connection.createStatement()) {
            return statement.execute(sql);
          }
        });
  }

  private static Connection connect(WireServer wire, String name) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/postgres?ApplicationName=%s"
            .formatted(wire.port(), URLEncoder.encode(name, UTF_8).replace("+", "%20")),
        "postgres",
        TestCluster.PASSWORD);
  }
}

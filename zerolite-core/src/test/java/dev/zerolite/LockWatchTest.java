package dev.zerolite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.testing.NativePostgres;
import dev.zerolite.testing.NativePostgresExtension;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativePostgresExtension.class)
@Timeout(120)
final class LockWatchTest {
  private static final Duration SOON = Duration.ofMillis(50);

  @Test
  void tellsWhoMakesOthersWait(NativePostgres postgres) throws Exception {
    var reports = new LinkedBlockingQueue<String>();
    var pool = Executors.newSingleThreadExecutor();
    try (var wire = WireServer.start(WireConfig.onLoopback(0), postgres.backends());
        var watch =
            LockWatch.start(
                () -> postgres.connect("postgres"),
                () -> wire.someoneWaitsLongerThan(SOON),
                SOON,
                reports::add);
        var holder = connect(wire, "forgetful app");
        var waiter = connect(wire, "patient app");
        var hold = holder.createStatement();
        var wait = waiter.createStatement()) {
      assertThat(watch).isNotNull();
      holder.setAutoCommit(false);
      hold.execute("select pg_advisory_xact_lock(31)");
      // idle in transaction, but in nobody's way
      assertThat(reports.poll(300, TimeUnit.MILLISECONDS)).isNull();

      var waiting = pool.submit(() -> wait.execute("select pg_advisory_lock(31)"));

      assertThat(reports.poll(30, TimeUnit.SECONDS))
          .matches(
              "Session \\d+ \\(forgetful app, database postgres\\) has been idle in transaction for \\d+ s"
                  + " after `select pg_advisory_xact_lock\\(31\\)` and makes \\d+ \\(patient app\\) wait.*"
                  + "pg_terminate_backend\\(\\d+\\).*");
      // once is enough for a minute
      assertThat(reports.poll(300, TimeUnit.MILLISECONDS)).isNull();
      holder.commit();
      assertThat(waiting.get(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      pool.shutdownNow();
    }
  }

  private static Connection connect(WireServer wire, String name) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/postgres?ApplicationName=%s"
            .formatted(wire.port(), name.replace(" ", "%20")),
        "postgres",
        "");
  }
}

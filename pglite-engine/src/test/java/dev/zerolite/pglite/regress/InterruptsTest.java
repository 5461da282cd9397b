package dev.zerolite.pglite.regress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import dev.zerolite.pglite.testing.WireClient.Report;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a session does, it can be stopped, with PostgreSQL's own codes, and goes on. */
@Timeout(180)
class InterruptsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static Cluster cluster;
  private WireClient session;
  private WireClient other;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    try (WireClient client = WireClient.open(cluster, "postgres", "setup")) {
      client.rows("CREATE TABLE many AS SELECT g AS id FROM generate_series(1, 30000) g");
      client.rows("CREATE TABLE one AS SELECT 1 AS id");
    }
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @BeforeEach
  void openSessions() throws Exception {
    session = WireClient.open(cluster, "postgres", "session");
    other = WireClient.open(cluster, "postgres", "other");
  }

  @AfterEach
  void closeSessions() {
    session.close();
    other.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT pg_sleep(600)",
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        "SELECT count(*) FROM (SELECT md5(g::text) m FROM generate_series(1, 1000000000) g ORDER BY 1) s",
        "SELECT count(*) FROM many a, many b, many c WHERE a.id + b.id + c.id = 0",
        "DO $$ BEGIN LOOP NULL; END LOOP; END $$",
        "DO $$ BEGIN LOOP BEGIN PERFORM 1 / 0; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r",
        "CREATE INDEX ON many (length(repeat(md5(id::text), 20000 + id % 2)))",
        "COPY (SELECT pg_sleep(0.01) FROM many) TO STDOUT",
        "UPDATE many SET id = length(repeat(md5(id::text), 20000 + id % 2))",
        "SELECT sum(length(repeat(md5(id::text), 20000))) OVER (ORDER BY id) FROM many"
      })
  void canBeCancelledAndTimesOut(String sql) throws Exception {
    session.send(sql);
    awaitActive();
    session.cancel();
    assertThat(failure(session))
        .extracting(Report::sqlState, Report::message)
        .containsExactly("57014", "canceling statement due to user request");

    session.rows("SET statement_timeout = '100ms'");
    session.send(sql);
    assertThat(failure(session))
        .extracting(Report::sqlState, Report::message)
        .containsExactly("57014", "canceling statement due to statement timeout");
    session.rows("RESET statement_timeout");
    assertThat(session.value("SELECT count(*) FROM many")).isEqualTo("30000");
  }

  @Test
  void waitsForALockEndWithLockTimeout() throws Exception {
    other.rows("BEGIN");
    other.rows("LOCK TABLE one");
    session.rows("SET lock_timeout = '50ms'");
    session.send("SELECT * FROM one");
    assertThat(failure(session))
        .extracting(Report::sqlState, Report::message)
        .containsExactly("55P03", "canceling statement due to lock timeout");
    assertThat(session.value("SELECT 1")).isEqualTo("1");
  }

  @Test
  void idleTransactionsEnd() throws Exception {
    session.rows("SET idle_in_transaction_session_timeout = '50ms'");
    session.rows("BEGIN");
    session.rows("UPDATE one SET id = 1");
    assertThat(failure(session))
        .extracting(Report::severity, Report::sqlState, Report::message)
        .containsExactly(
            "FATAL", "25P03", "terminating connection due to idle-in-transaction timeout");
    other.rows("SET lock_timeout = '10s'");
    assertThat(other.value("UPDATE one SET id = 1 RETURNING id")).isEqualTo("1");
  }

  @Test
  void longTransactionsEnd() throws Exception {
    session.rows("SET transaction_timeout = '100ms'");
    session.send("SELECT count(*) FROM generate_series(1, 1000000000000)");
    assertThat(failure(session))
        .extracting(Report::severity, Report::sqlState, Report::message)
        .containsExactly("FATAL", "25P04", "terminating connection due to transaction timeout");
  }

  @Test
  void longIdleTransactionsEnd() throws Exception {
    session.rows("SET transaction_timeout = '50ms'");
    session.rows("BEGIN");
    assertThat(failure(session))
        .extracting(Report::severity, Report::sqlState)
        .containsExactly("FATAL", "25P04");
  }

  @Test
  void idleSessionsEnd() throws Exception {
    session.rows("SET idle_session_timeout = '50ms'");
    assertThat(failure(session))
        .extracting(Report::severity, Report::sqlState, Report::message)
        .containsExactly("FATAL", "57P05", "terminating connection due to idle-session timeout");
    assertThat(other.value("SELECT 1")).isEqualTo("1");
  }

  @Test
  void terminatesABusySession() throws Exception {
    session.send("SELECT count(*) FROM generate_series(1, 1000000000000)");
    awaitActive();
    assertThat(other.value("SELECT pg_terminate_backend(" + session.pid() + ")")).isEqualTo("t");
    assertThat(failure(session).sqlState()).isEqualTo("57P01");
  }

  private void awaitActive() throws Exception {
    String question = "SELECT state FROM pg_stat_activity WHERE pid = " + session.pid();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!other.rows(question).equals(List.of(List.of("active")))) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  /** The error that ends the answer, or the session. */
  private static Report failure(WireClient client) throws InterruptedException {
    Report report = null;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      Message message = client.poll(Duration.ofNanos(TimeUnit.SECONDS.toNanos(1)));
      if (message instanceof Message.Failure failure) {
        report = failure.report();
      }
      boolean over =
          message instanceof Message.Ended
              || message instanceof Message.Ready
              || report != null && report.severity().equals("FATAL");
      if (over) {
        assertThat(report).as("an error").isNotNull();
        return report;
      }
    }
    throw new AssertionError("nothing stopped it");
  }
}

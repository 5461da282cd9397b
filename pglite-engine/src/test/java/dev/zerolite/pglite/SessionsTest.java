package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Several real backends on one cluster: what one does, another sees exactly when PostgreSQL says
 * so.
 */
@Timeout(120)
class SessionsTest {
  private static Cluster cluster;
  private TestSessions sessions;
  private TestSession a;
  private TestSession b;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster =
        Cluster.start(
            Engine.load(), ClusterOptions.inMemory().withSetting("deadlock_timeout", "100ms"));
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @BeforeEach
  void openSessions() throws Exception {
    sessions = new TestSessions(cluster);
    a = sessions.open();
    b = sessions.open();
    a.run("DROP TABLE IF EXISTS t");
    a.run("CREATE TABLE t (id int PRIMARY KEY, v int)");
    a.run("INSERT INTO t VALUES (1, 100), (2, 200)");
  }

  @AfterEach
  void closeSessions() throws Exception {
    sessions.close();
  }

  @Test
  void isPostgres18() throws Exception {
    assertThat(a.run("SELECT version()")).startsWith("PostgreSQL 18.6");
    assertThat(a.run("SHOW server_version_num")).isEqualTo("180006");
    assertThat(a.run("SHOW wal_level")).isEqualTo("logical");
  }

  @Test
  void uncommittedRowsAreInvisible() throws Exception {
    a.run("BEGIN");
    a.run("INSERT INTO t VALUES (3, 300)");
    assertThat(a.run("SELECT count(*) FROM t")).isEqualTo("3");
    assertThat(b.run("SELECT count(*) FROM t")).isEqualTo("2");
    a.run("COMMIT");
    assertThat(b.run("SELECT count(*) FROM t")).isEqualTo("3");
  }

  @Test
  void oneRollbackDoesNotTouchAnothersWork() throws Exception {
    a.run("BEGIN");
    b.run("BEGIN");
    a.run("INSERT INTO t VALUES (10, 1)");
    b.run("INSERT INTO t VALUES (20, 2)");
    b.run("ROLLBACK");
    a.run("COMMIT");
    assertThat(b.run("SELECT id FROM t ORDER BY id")).isEqualTo("1;2;10");
  }

  @Test
  void anAbortedTransactionIsItsOwnClientsOnly() throws Exception {
    a.run("BEGIN");
    assertThat(a.run("SELECT 1/0")).startsWith("!22012");
    assertThat(a.run("SELECT 1")).startsWith("!25P02");
    assertThat(b.run("SELECT 1")).isEqualTo("1");
    a.run("ROLLBACK");
    assertThat(a.run("SELECT 1")).isEqualTo("1");
  }

  @Test
  void ddlIsSeenAtOnce() throws Exception {
    assertThat(b.run("SELECT * FROM t ORDER BY id LIMIT 1")).isEqualTo("1|100");
    a.run("ALTER TABLE t ADD COLUMN w text DEFAULT 'x'");
    assertThat(b.run("SELECT * FROM t ORDER BY id LIMIT 1")).isEqualTo("1|100|x");
  }

  @Test
  void aWriterWaitsForTheRowLock() throws Exception {
    a.run("BEGIN");
    a.run("UPDATE t SET v = v - 10 WHERE id = 1");
    assertThat(b.run("SELECT * FROM t WHERE id = 1 FOR UPDATE NOWAIT")).startsWith("!55P03");
    CompletableFuture<String> waiting = b.later("UPDATE t SET v = v - 5 WHERE id = 1 RETURNING v");
    awaitBlocked(b);
    a.run("COMMIT");
    assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo("85");
  }

  @Test
  void deadlocksAreDetected() throws Exception {
    a.run("BEGIN");
    b.run("BEGIN");
    a.run("UPDATE t SET v = 0 WHERE id = 1");
    b.run("UPDATE t SET v = 0 WHERE id = 2");
    CompletableFuture<String> first = a.later("UPDATE t SET v = 0 WHERE id = 2");
    awaitBlocked(a);
    CompletableFuture<String> second = b.later("UPDATE t SET v = 0 WHERE id = 1");
    // The victim's abort frees its lock, so the other one ends too.
    List<String> answers =
        List.of(first.get(10, TimeUnit.SECONDS), second.get(10, TimeUnit.SECONDS));
    assertThat(answers).filteredOn(answer -> answer.startsWith("!40P01")).hasSize(1);
    assertThat(answers).filteredOn(String::isEmpty).hasSize(1);
  }

  @Test
  void settingsAndTemporaryTablesAndLocksArePerSession() throws Exception {
    a.run("SET work_mem = '9MB'");
    assertThat(b.run("SHOW work_mem")).isEqualTo("4MB");
    a.run("CREATE TEMP TABLE tmp (x int)");
    assertThat(b.run("SELECT * FROM tmp")).startsWith("!42P01");
    assertThat(a.run("SELECT pg_try_advisory_lock(42)")).isEqualTo("t");
    assertThat(b.run("SELECT pg_try_advisory_lock(42)")).isEqualTo("f");
    a.run("SELECT pg_advisory_unlock(42)");
    assertThat(b.run("SELECT pg_try_advisory_lock(42)")).isEqualTo("t");
  }

  @Test
  void cancelEndsARunningStatement() throws Exception {
    CompletableFuture<String> sleeping = b.later("SELECT pg_sleep(60)");
    awaitState(b, "active");
    a.run("SELECT pg_cancel_backend(" + b.backend().pid() + ")");
    assertThat(sleeping.get(10, TimeUnit.SECONDS)).startsWith("!57014");
    CompletableFuture<String> busy = b.later("SELECT count(*) FROM generate_series(1, 1000000000)");
    awaitState(b, "active");
    b.backend().cancel();
    assertThat(busy.get(20, TimeUnit.SECONDS)).startsWith("!57014");
    assertThat(b.run("SELECT 1")).isEqualTo("1");
  }

  @Test
  void timeoutsFire() throws Exception {
    a.run("SET statement_timeout = '50ms'");
    assertThat(a.run("SELECT pg_sleep(30)")).startsWith("!57014").contains("statement timeout");
    assertThat(a.run("SELECT count(*) FROM generate_series(1, 1000000000)")).startsWith("!57014");
    a.run("RESET statement_timeout");
    a.run("BEGIN");
    a.run("UPDATE t SET v = 0 WHERE id = 1");
    b.run("SET lock_timeout = '50ms'");
    assertThat(b.run("UPDATE t SET v = 1 WHERE id = 1")).startsWith("!55P03");
  }

  @Test
  void terminateEndsAWaitingSession() throws Exception {
    a.run("BEGIN");
    a.run("UPDATE t SET v = 0 WHERE id = 1");
    b.run("BEGIN");
    b.run("UPDATE t SET v = 0 WHERE id = 2");
    CompletableFuture<String> waiting = b.later("UPDATE t SET v = 1 WHERE id = 1");
    awaitBlocked(b);
    assertThat(a.run("SELECT pg_terminate_backend(" + b.backend().pid() + ")")).isEqualTo("t");
    assertThat(b.backend().awaitEnd(Duration.ofSeconds(10))).isTrue();
    assertThat(waiting).failsWithin(Duration.ofSeconds(10));
    assertThat(a.run("UPDATE t SET v = 4 WHERE id = 2 RETURNING v")).isEqualTo("4");
  }

  @Test
  void aDisconnectRollsBackAndFreesLocks() throws Exception {
    b.run("BEGIN");
    b.run("UPDATE t SET v = 0 WHERE id = 1");
    b.close();
    assertThat(b.backend().awaitEnd(Duration.ofSeconds(10))).isTrue();
    assertThat(a.run("UPDATE t SET v = v + 1 WHERE id = 1 RETURNING v")).isEqualTo("101");
  }

  @Test
  void aLongQueryDoesNotStarveOthers() throws Exception {
    CompletableFuture<String> busy = b.later("SELECT count(*) FROM generate_series(1, 1000000000)");
    awaitState(b, "active");
    assertThat(a.run("SELECT v FROM t WHERE id = 2")).isEqualTo("200");
    assertThat(busy).isNotDone();
    b.backend().cancel();
    busy.get(20, TimeUnit.SECONDS);
  }

  @Test
  void databasesAreSeparateAndCanBeDropped() throws Exception {
    assertThat(a.run("CREATE DATABASE other")).isEmpty();
    TestSession o = sessions.open("database", "other");
    o.run("CREATE TABLE only_here (x int)");
    assertThat(a.run("SELECT to_regclass('only_here')")).isEqualTo("null");
    assertThat(a.run("DROP DATABASE other")).startsWith("!55006");
    o.close();
    assertThat(o.backend().awaitEnd(Duration.ofSeconds(10))).isTrue();
    assertThat(a.run("DROP DATABASE other")).isEmpty();
  }

  @Test
  void refusesAnUnknownDatabase() {
    assertThatThrownBy(() -> sessions.open("database", "nowhere"))
        .isInstanceOfSatisfying(
            BackendStartException.class, e -> assertThat(e.sqlState()).isEqualTo("3D000"))
        .hasMessageContaining("nowhere");
  }

  @Test
  void plpgsqlAndTextSearchWork() throws Exception {
    assertThat(
            a.run(
                "DO $$ BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'caught'; END $$"))
        .isEmpty();
    assertThat(a.run("SELECT to_tsvector('english', 'running cats')")).isEqualTo("'cat':2 'run':1");
  }

  @Test
  void snapshotsCanBeExported() throws Exception {
    a.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    String snapshot = a.run("SELECT pg_export_snapshot()");
    TestSession c = sessions.open();
    c.run("INSERT INTO t VALUES (50, 1)");
    b.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    assertThat(b.run("SET TRANSACTION SNAPSHOT '" + snapshot + "'")).isEmpty();
    assertThat(b.run("SELECT count(*) FROM t")).isEqualTo("2");
    assertThat(c.run("SELECT count(*) FROM t")).isEqualTo("3");
  }

  @Test
  void anIdleTransactionEndsWithItsTimeOut() throws Exception {
    b.run("SET idle_in_transaction_session_timeout = '50ms'");
    b.run("BEGIN");
    b.run("UPDATE t SET v = 0 WHERE id = 1");
    assertThat(b.backend().awaitEnd(Duration.ofSeconds(20))).isTrue();
    assertThat(a.run("SELECT v FROM t WHERE id = 1 FOR UPDATE NOWAIT")).isEqualTo("100");
  }

  @Test
  void anIdleListenerIsNotifiedAtOnce() throws Exception {
    NotificationListener listener = NotificationListener.open(cluster, "news");
    a.run("NOTIFY news, 'hello'");
    assertThat(listener.next()).isEqualTo("news hello " + a.backend().pid());
    listener.close();
  }

  @Test
  void anotherRoleLogsInAsItself() throws Exception {
    a.run("CREATE ROLE alice LOGIN");
    try {
      TestSession alice = sessions.open("user", "alice", "options", "-c search_path=pg_catalog");
      assertThat(alice.run("SELECT current_user, session_user")).isEqualTo("alice|alice");
      assertThat(alice.run("SHOW search_path")).isEqualTo("pg_catalog");
      assertThat(alice.run("SELECT * FROM public.t")).startsWith("!42501");
      alice.run("RESET SESSION AUTHORIZATION");
      assertThat(alice.run("SELECT * FROM public.t")).startsWith("!42501");
      alice.close();
    } finally {
      a.run("DROP ROLE alice");
    }
    assertThatThrownBy(() -> sessions.open("user", "nobody"))
        .isInstanceOfSatisfying(
            BackendStartException.class, e -> assertThat(e.sqlState()).isEqualTo("28000"));
  }

  /** sinval.c keeps 4096 messages; who lags behind is told to catch up, or to forget all. */
  @Test
  void anIdleSessionCatchesUpWithInvalidations() throws Exception {
    assertThat(a.run("PREPARE p AS SELECT * FROM t WHERE id = 1")).isEmpty();
    assertThat(a.run("EXECUTE p")).isEqualTo("1|100");
    TestSession inTransaction = sessions.open();
    inTransaction.run("BEGIN");
    assertThat(inTransaction.run("SELECT count(*) FROM pg_class WHERE relname = 'u'"))
        .isEqualTo("0");
    for (int i = 0; i < 10; i++) {
      b.run(
          "DO $$BEGIN FOR i IN 1..60 LOOP"
              + " CREATE TABLE u (id int PRIMARY KEY); DROP TABLE u; END LOOP; END$$");
    }
    b.run("ALTER TABLE t ADD COLUMN c int DEFAULT 5");
    b.run("CREATE TABLE u AS SELECT 7 AS seven");
    assertThat(a.run("SELECT c FROM t WHERE id = 2")).isEqualTo("5");
    assertThat(a.run("EXECUTE p")).startsWith("!0A000");
    assertThat(inTransaction.run("SELECT seven FROM u")).isEqualTo("7");
    inTransaction.run("COMMIT");
    b.run("DROP TABLE u");
  }

  @Test
  void manySessionsComeAndGo() throws Exception {
    String before = a.run("SELECT count(*) FROM pg_stat_activity");
    for (int round = 0; round < 4; round++) {
      try (TestSessions crowd = new TestSessions(cluster)) {
        for (int i = 0; i < 25; i++) {
          TestSession session = crowd.open();
          session.run("BEGIN");
          session.run("CREATE TEMP TABLE tmp (x int)");
        }
      }
    }
    awaitTrue("SELECT count(*) <= " + before + " + 1 FROM pg_stat_activity");
    assertThat(a.run("SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid()")).isEqualTo("0");
  }

  private void awaitBlocked(TestSession session) throws Exception {
    awaitTrue(
        "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND pid = " + session.backend().pid());
  }

  private void awaitState(TestSession session, String state) throws Exception {
    awaitTrue(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE state = '%s' AND pid = %d"
            .formatted(state, session.backend().pid()));
  }

  private void awaitTrue(String question) throws Exception {
    TestSession observer = sessions.open();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!observer.run(question).equals("t")) {
      assertThat(System.nanoTime()).as(question).isLessThan(deadline);
    }
    observer.close();
  }
}

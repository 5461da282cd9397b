package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The auxiliary processes do their work, unasked and when asked. */
@Timeout(300)
class HousekeepingTest {
  /** max_wal_size: a checkpoint is due well before that. */
  private static final long WAL_LIMIT = 64L << 20;

  private static final String WAL_BYTES = "SELECT sum(size)::bigint FROM pg_ls_waldir()";

  @Test
  void walIsRecycledWithoutAnyoneCheckpointing() throws Exception {
    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      sql.run("CREATE TABLE t (v text)");
      String before = sql.run("SELECT checkpoint_lsn FROM pg_control_checkpoint()");
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(240);
      long written = 0;
      while (written < 3 * WAL_LIMIT || Long.parseLong(sql.run(WAL_BYTES)) > 2 * WAL_LIMIT) {
        sql.run("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 2000)");
        sql.run("TRUNCATE t");
        written =
            Long.parseLong(sql.run("SELECT (pg_current_wal_lsn() - '" + before + "')::bigint"));
        assertThat(System.nanoTime()).as("%d bytes of WAL written", written).isLessThan(deadline);
      }
      assertThat(sql.run("SELECT checkpoint_lsn > '" + before + "' FROM pg_control_checkpoint()"))
          .isEqualTo("t");
    }
  }

  /**
   * DROP TABLESPACE holds a lightweight lock while the checkpointer removes dropped tables' files.
   */
  @Test
  void aCheckpointIsWaitedForWithALightweightLock() throws Exception {
    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      TestSession other = sessions.open();
      sql.run("SET allow_in_place_tablespaces = on");
      for (int round = 0; round < 5; round++) {
        sql.run("CREATE TABLESPACE aside LOCATION ''");
        sql.run("CREATE TABLE t (v text) TABLESPACE aside");
        sql.run("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 2000)");
        sql.run("DROP TABLE t");
        CompletableFuture<String> beside =
            other.later("SELECT count(*) FROM generate_series(1, 300000)");
        sql.run("DROP TABLESPACE aside");
        assertThat(beside.get(60, TimeUnit.SECONDS)).isEqualTo("300000");
      }
      assertThat(sql.run("SELECT count(*) FROM pg_tablespace")).isEqualTo("2");
    }
  }

  @Test
  void theAutovacuumLauncherComesBack() throws Exception {
    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      String first = awaitLauncher(sql, pid -> !pid.isEmpty());
      assertThat(sql.run("SELECT pg_terminate_backend(" + first + ")")).isEqualTo("t");
      awaitLauncher(sql, pid -> !pid.isEmpty() && !pid.equals(first));
      sql.run("ALTER SYSTEM SET autovacuum = off");
      sql.run("SELECT pg_reload_conf()");
      awaitLauncher(sql, String::isEmpty);
      sql.run("ALTER SYSTEM RESET autovacuum");
      sql.run("SELECT pg_reload_conf()");
      awaitLauncher(sql, pid -> !pid.isEmpty());
    }
  }

  @Test
  void aReloadChangesOurDefaultsButNotWhatTheStartHasGiven() throws Exception {
    ClusterOptions options = ClusterOptions.inMemory().withSetting("wal_writer_delay", "70ms");
    try (Cluster cluster = Cluster.start(Engine.load(), options);
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      String before = sql.run("SHOW max_slot_wal_keep_size");
      assertThat(before).endsWith("MB").isNotEqualTo("77MB");
      sql.run("ALTER SYSTEM SET max_slot_wal_keep_size = '77MB'");
      sql.run("ALTER SYSTEM SET wal_writer_delay = '90ms'");
      sql.run("SELECT pg_reload_conf()");
      await(sql, "SHOW max_slot_wal_keep_size", "77MB"::equals);
      assertThat(sql.run("SHOW wal_writer_delay")).isEqualTo("70ms");
      // a process that begins later
      assertThat(sessions.open().run("SHOW max_slot_wal_keep_size")).isEqualTo("77MB");
    }
  }

  private static String awaitLauncher(TestSession sql, Predicate<String> wanted) throws Exception {
    return await(
        sql, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum launcher'", wanted);
  }

  private static String await(TestSession sql, String query, Predicate<String> wanted)
      throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      String answer = sql.run(query);
      if (wanted.test(answer)) {
        return answer;
      }
      assertThat(System.nanoTime()).as("%s: %s", query, answer).isLessThan(deadline);
    }
  }
}

package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What PostgreSQL keeps in dynamic shared memory is the same for all, however much it is. */
@Timeout(300)
class SharedMemoryTest {
  private static final int TABLES = 1_000;

  /**
   * The cumulative statistics begin with 256 kB and grow by segments of 1 MB and more. Each table
   * needs an entry for itself and one for its TOAST table or index.
   */
  @Test
  void statisticsOfThousandsOfTablesAreSeenByEverySession() throws Exception {
    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession early = sessions.open();
      assertThat(early.run("SELECT count(*) FROM pg_stat_user_tables")).isEqualTo("0");
      TestSession writer = sessions.open();
      for (int from = 1; from <= TABLES; from += 250) {
        assertThat(writer.run(createTables(from, from + 249))).isEmpty();
      }
      assertThat(writer.run("SELECT pg_stat_force_next_flush()")).isEmpty();
      awaitEqual(
          early, "SELECT count(*), sum(n_tup_ins) FROM pg_stat_user_tables", TABLES + "|500");
      assertThat(early.run("SELECT count(*) > 1 FROM pg_ls_dir('/dev/shm')"))
          .as("beside dsm_control there is more")
          .isEqualTo("t");
      TestSession late = sessions.open();
      awaitEqual(late, "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 't999'", "1");

      assertThat(
              late.run(
                  "DO $$BEGIN FOR i IN 1..500 LOOP EXECUTE 'DROP TABLE t' || i; END LOOP; END$$"))
          .isEmpty();
      awaitEqual(early, "SELECT count(*) FROM pg_stat_user_tables", String.valueOf(TABLES - 500));
      assertThat(late.run("INSERT INTO t999 VALUES (7)")).isEmpty();
      late.run("SELECT pg_stat_force_next_flush()");
      awaitEqual(early, "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 't999'", "2");
    }
  }

  /** One transaction, or DDL would be slow; every second table gets a row. */
  private static String createTables(int from, int to) {
    return """
        DO $$BEGIN
          FOR i IN %d..%d LOOP
            EXECUTE 'CREATE TABLE t' || i || ' (id int PRIMARY KEY)';
            IF i %% 2 = 1 THEN EXECUTE 'INSERT INTO t' || i || ' VALUES (1)'; END IF;
          END LOOP;
        END$$"""
        .formatted(from, to);
  }

  private static void awaitEqual(TestSession session, String question, String answer)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    String seen = session.run(question);
    while (!seen.equals(answer) && System.nanoTime() - deadline < 0) {
      session.run("SELECT pg_sleep(0.05)");
      seen = session.run(question);
    }
    assertThat(seen).as(question).isEqualTo(answer);
  }
}

package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The cluster keeps itself small without being told. */
@Timeout(300)
/** The auxiliary processes do their work unasked. */
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
}

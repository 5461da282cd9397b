package dev.zerolite.pglite;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what the checkpointer and the background writer do under a postmaster. The one keeps the WAL
 * short: a standalone backend never checkpoints by itself, and in a cluster in memory every WAL
 * segment is heap. The other logs which transactions run, so that slots can advance, and with that
 * has the WAL flushed to its end: who reads WAL would otherwise wait for the rest of a record that
 * crosses into the page that nobody flushes.
 *
 * <p>Looks once a second while backends run, and not at all while none does.
 */
final class Maintenance implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Maintenance.class);

  /** A checkpoint takes milliseconds in memory; this much WAL is half of max_wal_size. */
  static final long CHECKPOINT_WAL_BYTES = 32L << 20;

  private static final long INTERVAL_SECONDS = 1;

  private final SqlSession session;
  private final Clock clock;
  private final Thread thread;
  private long checkpointedAt;
  private long snapshotEnd;

  Maintenance(String clusterName, SqlSession session, Clock clock) {
    this.session = session;
    this.clock = clock;
    this.thread = new Thread(this::run, "pglite-maintenance-" + clusterName);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        clock.awaitActivity();
        TimeUnit.SECONDS.sleep(INTERVAL_SECONDS);
        look();
      }
    } catch (InterruptedException e) {
      LOG.debug("maintenance stops");
    } catch (IllegalStateException e) {
      LOG.debug("maintenance ends with its session: {}", e.getMessage());
    }
  }

  private void look() throws InterruptedException {
    try {
      long written = position("pg_current_wal_insert_lsn()");
      checkpointIfDue(written);
      logSnapshotIfDue(written);
    } catch (SqlSession.SqlException e) {
      LOG.warn("no checkpoint this time, the WAL grows: {}", e.getMessage());
    }
  }

  private long position(String lsn) throws InterruptedException, SqlSession.SqlException {
    String bytes = "SELECT pg_wal_lsn_diff(" + lsn + ", '0/0')::bigint";
    return Long.parseLong(session.query(bytes).get(0).get(0));
  }

  private void checkpointIfDue(long written) throws InterruptedException, SqlSession.SqlException {
    if (written - checkpointedAt >= CHECKPOINT_WAL_BYTES) {
      if (checkpointedAt > 0) {
        session.query("CHECKPOINT");
      }
      checkpointedAt = written;
    }
  }

  /** LogStandbySnapshot() of the background writer, once there is more than its own last record. */
  private void logSnapshotIfDue(long written) throws InterruptedException, SqlSession.SqlException {
    if (written > snapshotEnd) {
      snapshotEnd = position("pg_log_standby_snapshot()");
    }
  }

  /** Stops the thread; its session is the cluster's to end. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(5).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

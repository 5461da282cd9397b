package dev.zerolite.pglite;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what the checkpointer does under a postmaster: keeps the WAL short. A standalone backend
 * never checkpoints by itself, and in a cluster in memory every WAL segment is heap.
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
        checkpointIfDue();
      }
    } catch (InterruptedException e) {
      LOG.debug("maintenance stops");
    } catch (IllegalStateException e) {
      LOG.debug("maintenance ends with its session: {}", e.getMessage());
    }
  }

  private void checkpointIfDue() throws InterruptedException {
    try {
      long written =
          Long.parseLong(
              session
                  .query("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
                  .get(0)
                  .get(0));
      if (written - checkpointedAt >= CHECKPOINT_WAL_BYTES) {
        if (checkpointedAt > 0) {
          session.query("CHECKPOINT");
        }
        checkpointedAt = written;
      }
    } catch (SqlSession.SqlException e) {
      LOG.warn("the checkpoint failed, the WAL grows: {}", e.getMessage());
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

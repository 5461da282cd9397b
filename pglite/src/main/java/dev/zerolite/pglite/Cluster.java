package dev.zerolite.pglite;

import dev.zerolite.pglite.host.Engine;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL cluster: databases, and sessions on them. Thread-safe.
 *
 * <p>When a backend crashes, all sessions end with 57P02 and the cluster recovers from its WAL by
 * itself, as under a real postmaster: what was committed is there again.
 */
public final class Cluster implements BackendStarter, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  /**
   * The first backend's pid; what follows counts up. Clear of 1 and of emscripten's getpid(), 42.
   */
  private static final int FIRST_PID = 100;

  /** A cluster that crashes more often than this within a minute stays down. */
  private static final int MOST_CRASHES_PER_MINUTE = 5;

  private final ClusterOptions options;
  private final PostgresProgram program;
  private final AtomicInteger pids = new AtomicInteger(FIRST_PID);
  private final SecureRandom random = new SecureRandom();
  private volatile Postmaster postmaster;
  private volatile boolean closing;
  private Thread recovery;
  private long crashesSince;
  private int crashes;

  private Cluster(Engine engine, ClusterOptions options) {
    this.options = options;
    this.program = new PostgresProgram(engine, engine.newFileTree(), options.settings());
    this.postmaster = newPostmaster();
  }

  private Postmaster newPostmaster() {
    return new Postmaster(
        options.name(), program, options.superuser(), pids, random, this::recoverFrom);
  }

  /**
   * Starts an in-memory cluster from the template.
   *
   * @throws BackendStartException if PostgreSQL does not start; the message says why
   */
  public static Cluster start(Engine engine, ClusterOptions options)
      throws BackendStartException, InterruptedException {
    Cluster cluster = new Cluster(engine, options);
    try {
      cluster.postmaster.boot();
      cluster.renameSuperuser(cluster.postmaster.maintenance());
      cluster.postmaster.startHousekeeping();
    } catch (BackendStartException | InterruptedException | RuntimeException e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  /** A role cannot rename itself while it is the session's, so another one does it. */
  private void renameSuperuser(SqlSession session)
      throws BackendStartException, InterruptedException {
    if (options.superuser().equals(PostgresProgram.TEMPLATE_SUPERUSER)) {
      return;
    }
    String name = '"' + options.superuser().replace("\"", "\"\"") + '"';
    try {
      session.query("CREATE ROLE zerolite_rename SUPERUSER");
      session.query("SET SESSION AUTHORIZATION zerolite_rename");
      session.query("ALTER ROLE " + PostgresProgram.TEMPLATE_SUPERUSER + " RENAME TO " + name);
      session.query("SET SESSION AUTHORIZATION " + name);
      session.query("DROP ROLE zerolite_rename");
    } catch (SqlSession.SqlException e) {
      throw new BackendStartException(e.sqlState(), e.getMessage());
    }
  }

  @Override
  public Backend start(Map<String, String> startup, ClientOutput output)
      throws BackendStartException, InterruptedException {
    return postmaster.start(startup, output);
  }

  /** Called on the crashed backend's thread, which must end before its cluster can come back. */
  private synchronized void recoverFrom(Postmaster crashed) {
    if (closing) {
      return;
    }
    long now = System.nanoTime();
    if (crashes == 0 || now - crashesSince > TimeUnit.MINUTES.toNanos(1)) {
      crashesSince = now;
      crashes = 0;
    }
    if (++crashes > MOST_CRASHES_PER_MINUTE) {
      LOG.error("{} crashes within a minute: the cluster stays down, restart it", crashes);
      return;
    }
    recovery = new Thread(() -> recover(crashed), "pglite-recovery-" + options.name());
    recovery.setDaemon(true);
    recovery.start();
  }

  private void recover(Postmaster crashed) {
    long begun = System.nanoTime();
    if (!crashed.awaitEndAfterCrash()) {
      LOG.error("a backend does not end after the crash: the cluster stays down, restart it");
      return;
    }
    Postmaster next = newPostmaster();
    try {
      next.boot();
      next.startHousekeeping();
      postmaster = next;
      LOG.warn(
          "the cluster has recovered after {} ms",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    } catch (BackendStartException e) {
      LOG.error("the cluster does not start again after the crash: {}", e.getMessage());
      next.stop();
    } catch (InterruptedException e) {
      next.stop();
    }
  }

  /** Ends every session as a fast shutdown does and waits for them, bounded. */
  @Override
  public void close() {
    Thread recovering;
    synchronized (this) {
      closing = true;
      recovering = recovery;
    }
    if (recovering != null) {
      recovering.interrupt();
      try {
        recovering.join(TimeUnit.SECONDS.toMillis(30));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    postmaster.stop();
  }
}

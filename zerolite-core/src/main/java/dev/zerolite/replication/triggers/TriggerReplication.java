package dev.zerolite.replication.triggers;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.ClientAddress;
import dev.zerolite.pglite.ClientOutput;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster whose replication connections are served from what triggers have captured. All other
 * connections go straight to the cluster.
 */
public final class TriggerReplication implements BackendStarter {
  private static final Logger LOG = LoggerFactory.getLogger(TriggerReplication.class);

  /** How long a consumer that another one replaces may take to leave. */
  private static final Duration HAND_OVER = Duration.ofSeconds(10);

  /** Consumers that are cut off have five seconds to leave. */
  private static final Duration LONGEST_BEGIN = Duration.ofSeconds(30);

  /** What a user has to know who replicates this way. */
  private static final String LOST =
      """
      Changes are captured by triggers, not decoded from the WAL. What is lost with it: row filters of publications (an error), \
      temporary and two-phase slots, streaming of transactions in progress, origins, binary values, Type messages; \
      unchanged TOAST values are sent; TRUNCATE comes table by table and without its options; \
      PREPARE TRANSACTION fails after changes to published tables; writes with session_replication_role = replica are not captured; \
      messages that do not belong to a transaction wait for its commit, and are never sent if it rolls back; \
      in pg_replication_slots a slot is physical, never active and without confirmed_flush_lsn; a second consumer ends the first; \
      a consumer that does not read is only noticed when its connection ends; \
      publications FOR ALL TABLES contain the tables of changes too; slots work in the app's database only; \
      writes to published tables take several times as long; slots of decoding are dropped. \
      Other consumers than zero-cache should not rely on it.""";

  private final BackendStarter cluster;
  private final String superuser;

  /** Open when the slots of decoding are gone, or could not be dropped. */
  private final CountDownLatch begun = new CountDownLatch(1);

  /** By database and slot; guarded by itself. */
  private final Map<String, ReplicationSession> streaming = new HashMap<>();

  /**
   * @param superuser in whose name changes are kept
   */
  public TriggerReplication(BackendStarter cluster, String superuser) {
    this.cluster = requireNonNull(cluster);
    this.superuser = requireNonNull(superuser);
  }

  /**
   * Makes a database ready: slots of logical decoding are dropped, which could not be served any
   * more. Its consumers copy everything again. Called once; replication commands wait until it has
   * returned, so that a consumer that is cut off here and comes again at once does not find its
   * former slot.
   */
  public void begin(String database) throws SQLException, InterruptedException {
    LOG.warn("{}", LOST);
    try (ChangeLog log = ChangeLog.open(cluster, superuser, database)) {
      if (log.isInstalled()) {
        log.install();
        log.cleanUp();
      }
      List<String> dropped = log.dropLogicalSlots();
      if (!dropped.isEmpty()) {
        LOG.warn(
            "dropped the replication slots {}, which need decoding: their consumers begin anew",
            String.join(", ", dropped));
      }
    } catch (ReplicationException e) {
      throw new SQLException(e.getMessage(), e.sqlState(), e);
    } finally {
      begun.countDown();
    }
  }

  /**
   * Takes back what capturing by triggers has left in a database; its slots are dropped, so their
   * consumers copy everything again.
   */
  public static void remove(BackendStarter cluster, String superuser, String database)
      throws SQLException, InterruptedException {
    try (ChangeLog log = ChangeLog.open(cluster, superuser, database)) {
      if (log.isInstalled()) {
        log.uninstall();
        LOG.warn(
            "changes of database {} are decoded from now on; consumers of slots that triggers served begin anew",
            database);
      }
    } catch (ReplicationException e) {
      throw new SQLException(e.getMessage(), e.sqlState(), e);
    }
  }

  /** For a consumer's command, so not before {@link #begin} has returned. */
  ChangeLog open(String database) throws ReplicationException, InterruptedException {
    if (!begun.await(LONGEST_BEGIN.toSeconds(), TimeUnit.SECONDS)) {
      throw new ReplicationException(
          "57P03",
          "changes are not captured yet: the slots of decoding are still in use; try again");
    }
    return ChangeLog.open(cluster, superuser, database);
  }

  @Override
  public Backend connect(ClientAddress client, ClientOutput output) throws BackendStartException {
    return ReplicationSession.connect(this, cluster, client, output);
  }

  /**
   * Makes a session the slot's only consumer; one that is there already is ended, since nobody can
   * find its process in pg_replication_slots.
   */
  void take(String database, String slot, ReplicationSession session)
      throws ReplicationException, InterruptedException {
    long deadline = System.nanoTime() + HAND_OVER.toNanos();
    synchronized (streaming) {
      while (true) {
        ReplicationSession other = streaming.get(key(database, slot));
        if (other == null) {
          streaming.put(key(database, slot), session);
          return;
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new ReplicationException(
              "55006", "replication slot \"%s\" is active for PID %d".formatted(slot, other.pid()));
        }
        other.terminate();
        streaming.wait(Math.max(1, Math.min(left / 1_000_000, 1000)));
      }
    }
  }

  void release(String database, String slot, ReplicationSession session) {
    synchronized (streaming) {
      streaming.remove(key(database, slot), session);
      streaming.notifyAll();
    }
  }

  boolean isActive(String database, String slot) {
    synchronized (streaming) {
      return streaming.containsKey(key(database, slot));
    }
  }

  private static String key(String database, String slot) {
    return database + '\0' + slot;
  }
}

package dev.zerolite.replication;

import static java.util.Objects.requireNonNull;

import dev.zerolite.config.ReplicationMode;
import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.ClientAddress;
import dev.zerolite.pglite.ClientOutput;
import dev.zerolite.replication.triggers.TriggerReplication;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster as the wire server sees it: with decoding, or with what replaces it. While decoding is
 * being tested, clients wait.
 */
public final class Replication implements BackendStarter, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Replication.class);

  /** More than the test's own limit and what follows it. */
  private static final Duration LONGEST_DECISION = Duration.ofSeconds(120);

  private final BackendStarter cluster;
  private final ReplicationMode mode;
  private final String superuser;
  private volatile BackendStarter serving;
  private volatile CountDownLatch decided = new CountDownLatch(0);
  private Optional<Thread> test = Optional.empty();

  /**
   * @param superuser for what has to be done in the cluster
   */
  public Replication(BackendStarter cluster, ReplicationMode mode, String superuser) {
    this.cluster = requireNonNull(cluster);
    this.mode = requireNonNull(mode);
    this.superuser = requireNonNull(superuser);
    this.serving = cluster;
  }

  /**
   * Decides how changes of a database are captured. Called once, when the database has been set up
   * and its first consumer has not come; the test of decoding goes on behind it.
   *
   * @throws SQLException if the database cannot be made ready
   */
  public void begin(String database) throws SQLException, InterruptedException {
    if (mode == ReplicationMode.TRIGGERS) {
      useTriggers(database);
      return;
    }
    TriggerReplication.remove(cluster, superuser, database);
    if (mode == ReplicationMode.AUTO) {
      decided = new CountDownLatch(1);
      Thread thread = new Thread(() -> test(database), "zerolite-decoding-test");
      thread.setDaemon(true);
      thread.start();
      test = Optional.of(thread);
    }
  }

  private void useTriggers(String database) throws SQLException, InterruptedException {
    TriggerReplication triggers = new TriggerReplication(cluster, superuser);
    triggers.begin(database);
    serving = triggers;
  }

  private void test(String database) {
    long begun = System.nanoTime();
    try {
      Optional<String> failure = DecodingSelfTest.run(cluster, superuser, database);
      LOG.debug(
          "the self-test of logical decoding took {} ms",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
      if (failure.isPresent()) {
        LOG.error(
            "Logical decoding fails its self-test ({}), so triggers capture the changes instead",
            failure.get());
        useTriggers(database);
      }
    } catch (SQLException e) {
      LOG.error("Triggers cannot capture changes either: {}", e.getMessage());
    } catch (InterruptedException stopped) {
      LOG.debug("stopped while decoding was tested");
    } finally {
      decided.countDown();
    }
  }

  @Override
  public Backend connect(ClientAddress client, ClientOutput output) throws BackendStartException {
    try {
      if (!decided.await(LONGEST_DECISION.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new BackendStartException("57P03", "logical decoding is still being tested");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackendStartException("57P03", "the database system is shutting down");
    }
    return serving.connect(client, output);
  }

  /** Ends a test that is going on. */
  @Override
  public void close() {
    test.ifPresent(
        thread -> {
          thread.interrupt();
          try {
            thread.join(LONGEST_DECISION.toMillis());
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}

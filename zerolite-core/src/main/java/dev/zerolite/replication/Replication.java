package dev.zerolite.replication;

import static java.util.Objects.requireNonNull;

import dev.zerolite.config.ReplicationMode;
import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.ClientAddress;
import dev.zerolite.pglite.ClientOutput;
import dev.zerolite.pglite.selftest.DecodingSelfTest;
import dev.zerolite.replication.triggers.TriggerReplication;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster as the wire server sees it: with decoding, or with what replaces it. Decoding is tested
 * if the engine's build has not done so; nobody waits for that. If the test fails, consumers that
 * came before its end are cut off, and their slots are gone.
 */
public final class Replication implements BackendStarter, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Replication.class);

  private static final Duration LONGEST_STOP = Duration.ofSeconds(5);

  private static final String IO_ERROR = "58030";

  /** The first clients, who have waited for the port, come before the test. */
  private static final Duration PAUSE = Duration.ofMillis(500);

  /** Finds out whether decoding works. */
  @FunctionalInterface
  interface DecodingTest {
    /** What is wrong, if anything is; see {@link DecodingSelfTest#run}. */
    Optional<String> run(BackendStarter cluster, String superuser, String database)
        throws InterruptedException;
  }

  private final BackendStarter cluster;
  private final DecodingTest decodingTest;
  private final ReplicationMode mode;
  private final TriggerMark mark;
  private final String superuser;
  private volatile BackendStarter serving;
  private Optional<Thread> test = Optional.empty();

  /**
   * @param decodingIsTested whether the cluster's engine is known to decode as it should; asked on
   *     the thread that else tests it
   * @param mark the cluster's
   * @param superuser for what has to be done in the cluster
   */
  public Replication(
      BackendStarter cluster,
      BooleanSupplier decodingIsTested,
      ReplicationMode mode,
      TriggerMark mark,
      String superuser) {
    this(
        cluster,
        (tested, user, database) ->
            decodingIsTested.getAsBoolean()
                ? Optional.empty()
                : DecodingSelfTest.run(tested, user, database),
        mode,
        mark,
        superuser);
  }

  Replication(
      BackendStarter cluster,
      DecodingTest decodingTest,
      ReplicationMode mode,
      TriggerMark mark,
      String superuser) {
    this.cluster = requireNonNull(cluster);
    this.decodingTest = requireNonNull(decodingTest);
    this.mode = requireNonNull(mode);
    this.mark = requireNonNull(mark);
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
    switch (mode) {
      case TRIGGERS -> useTriggers(database);
      case DECODING -> removeTriggers(database);
      case AUTO -> {
        Thread thread = new Thread(() -> test(database), "zerolite-decoding-test");
        thread.setDaemon(true);
        thread.start();
        test = Optional.of(thread);
      }
    }
  }

  private void useTriggers(String database) throws SQLException, InterruptedException {
    TriggerReplication triggers = new TriggerReplication(cluster, superuser);
    try {
      mark.add(database);
    } catch (IOException e) {
      throw new SQLException("cannot note that there are triggers: " + e, IO_ERROR, e);
    }
    // who is cut off below and comes again shall not make another slot of the kind that is dropped
    serving = triggers;
    triggers.begin(database);
  }

  private void removeTriggers(String database) throws SQLException, InterruptedException {
    if (!mark.has(database)) {
      return;
    }
    TriggerReplication.remove(cluster, superuser, database);
    try {
      mark.remove(database);
    } catch (IOException e) {
      LOG.warn("cannot note that the triggers are gone: {}", e.toString());
    }
  }

  private void test(String database) {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      long begun = System.nanoTime();
      removeTriggers(database);
      Optional<String> failure = decodingTest.run(cluster, superuser, database);
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
      LOG.error("The database is not ready for replication: {}", e.getMessage());
    } catch (InterruptedException stopped) {
      LOG.debug("stopped while decoding was tested");
    }
  }

  @Override
  public Backend connect(ClientAddress client, ClientOutput output) throws BackendStartException {
    return serving.connect(client, output);
  }

  /** Ends a test that is going on. */
  @Override
  public void close() {
    test.ifPresent(
        thread -> {
          thread.interrupt();
          try {
            thread.join(LONGEST_STOP.toMillis());
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}

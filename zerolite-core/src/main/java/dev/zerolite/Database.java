package dev.zerolite;

import dev.zerolite.ZeroLiteException.Reason;
import dev.zerolite.config.TlsConfig;
import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.migrate.MigrationException;
import dev.zerolite.migrate.Migrations;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.replication.Replication;
import dev.zerolite.replication.TriggerMark;
import dev.zerolite.wire.PortInUseException;
import dev.zerolite.wire.SelfSignedCertificate;
import dev.zerolite.wire.TlsIdentity;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import dev.zerolite.zerocache.ZeroCache;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PostgreSQL on its port, which clients may use when databases, migrations and seed are there. */
final class Database {
  private static final Logger LOG = LoggerFactory.getLogger(Database.class);
  private static final Duration LOCK_WAIT = Duration.ofSeconds(5);

  private final ZeroLiteConfig config;
  private final ClusterStarter.RunningCluster cluster;
  private final Replication replication;
  private final SetupGate gate;
  private final PostgresAddress address;

  private Database(
      ZeroLiteConfig config,
      ClusterStarter.RunningCluster cluster,
      Replication replication,
      SetupGate gate,
      PostgresAddress address) {
    this.config = config;
    this.cluster = cluster;
    this.replication = replication;
    this.gate = gate;
    this.address = address;
  }

  /**
   * Starts the cluster and listens; only {@link #setUp} lets clients in.
   *
   * @param parts gets everything that is to be stopped, also if this fails
   */
  static Database start(
      ZeroLiteConfig config,
      ClusterStarter clusters,
      WorkDirectory workDirectory,
      StartedParts parts)
      throws ZeroLiteException, InterruptedException {
    long start = System.nanoTime();
    if (config.dataDirectory().isPresent()) {
      workDirectory.makeFor(config.dataDirectory().get());
    }
    var cluster = startCluster(config, clusters);
    parts.add(cluster.stop());
    var gate = new SetupGate();
    try {
      var replication =
          new Replication(
              cluster.backends(),
              cluster.decodingIsTested(),
              config.replication(),
              triggerMark(config),
              config.user());
      var wire =
          WireServer.start(
              withTls(
                  config,
                  workDirectory,
                  WireConfig.onLoopback(config.postgresPort())
                      .withMoreAddresses(config.listen())
                      .withGate(gate)),
              replication);
      parts.add(wire::close);
      parts.add(replication::close);
      var address = new PostgresAddress(wire.port(), config.user(), config.password());
      var lockWatch =
          LockWatch.start(
              () -> address.connectForSetup("postgres"),
              () -> wire.someoneWaitsLongerThan(LOCK_WAIT),
              LOCK_WAIT,
              LOG::warn);
      parts.add(lockWatch::close);
      LOG.info("PostgreSQL listens on port {} after {} ms", wire.port(), millisSince(start));
      warnIfOpen(config);
      return new Database(config, cluster, replication, gate, address);
    } catch (PortInUseException e) {
      throw new ZeroLiteException(Reason.PORT_IN_USE, e.getMessage(), e);
    } catch (IOException e) {
      throw new ZeroLiteException(Reason.ENVIRONMENT, e.getMessage(), e);
    }
  }

  private static ClusterStarter.RunningCluster startCluster(
      ZeroLiteConfig config, ClusterStarter clusters)
      throws ZeroLiteException, InterruptedException {
    try {
      return clusters.start(config);
    } catch (BackendStartException e) {
      throw new ZeroLiteException(
          Reason.DATABASE,
          "PostgreSQL did not start: %s (SQLSTATE %s)".formatted(withRemedy(e), e.sqlState()),
          e);
    }
  }

  private static TriggerMark triggerMark(ZeroLiteConfig config) throws IOException {
    return config.dataDirectory().isPresent()
        ? TriggerMark.in(config.dataDirectory().get())
        : TriggerMark.ofNewCluster();
  }

  private static String withRemedy(BackendStartException e) {
    return e.sqlState().equals("F0001") // lock_file_exists
        ? e.getMessage() + " --data-dir names another directory, --ephemeral needs none."
        : e.getMessage();
  }

  private static WireConfig withTls(
      ZeroLiteConfig config, WorkDirectory workDirectory, WireConfig wire)
      throws IOException, InterruptedException, ZeroLiteException {
    var tls = config.tls().orElse(null);
    if (tls instanceof TlsConfig.Given given) {
      return wire.withTls(TlsIdentity.load(given.certificate(), given.key()));
    }
    if (tls instanceof TlsConfig.SelfSigned selfSigned) {
      workDirectory.make();
      return wire.withTls(SelfSignedCertificate.in(selfSigned.directory()));
    }
    return wire;
  }

  private static void warnIfOpen(ZeroLiteConfig config) {
    if (!config.listen().isEmpty()) {
      LOG.warn(
          "PostgreSQL can be reached from other machines, on {}: whoever knows the password is"
              + " superuser{}",
          String.join(", ", config.listen()),
          config.tls().isEmpty() ? "; nothing is encrypted without --tls" : "");
    }
  }

  /** Makes databases, applies migrations and seed; then clients may come. */
  void setUp() throws ZeroLiteException, InterruptedException {
    long start = System.nanoTime();
    try {
      if (!cluster.hasDatabases()) {
        new Databases(address).createMissing(config.database());
      }
      var applied = migrate();
      replication.begin(config.database());
      gate.open();
      LOG.info(
          "database {} is ready after {} ms: {} migrations applied{}",
          config.database(),
          millisSince(start),
          applied.migrations(),
          applied.seed() ? ", seeded" : "");
    } catch (MigrationException e) {
      throw new ZeroLiteException(Reason.MIGRATION, e.getMessage(), e);
    } catch (SQLException e) {
      throw cannotSetUp(e);
    }
  }

  /** Done when {@link #setUp} has let clients in; never, if that fails. */
  ZeroCache.DatabaseSetUp whenSetUp() {
    return gate;
  }

  private Migrations.Applied migrate() throws SQLException, MigrationException {
    if (config.migrations().isEmpty() && config.seed().isEmpty()) {
      return Migrations.Applied.NOTHING; // without the session, which a start would wait for
    }
    try (var connection = address.connectForSetup(config.database())) {
      return new Migrations(connection).apply(config.migrations(), config.seed());
    }
  }

  /**
   * Whether a replica of zero-cache may belong to this database.
   *
   * @param shard zero-cache's app id and shard number
   */
  boolean knowsReplica(String shard) throws ZeroLiteException {
    try {
      return new Databases(address).hasSlotOf(config.database(), shard);
    } catch (SQLException e) {
      throw cannotSetUp(e);
    }
  }

  private static ZeroLiteException cannotSetUp(SQLException e) {
    return new ZeroLiteException(
        Reason.DATABASE, "The database could not be set up: " + e.getMessage(), e);
  }

  PostgresAddress address() {
    return address;
  }

  ClusterStarter.RunningCluster cluster() {
    return cluster;
  }

  private static long millisSince(long start) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
  }
}

package dev.zerolite;

import static java.util.Objects.requireNonNull;

import dev.zerolite.ZeroLiteException.Reason;
import dev.zerolite.config.S3Config;
import dev.zerolite.config.TlsConfig;
import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.migrate.MigrationException;
import dev.zerolite.migrate.Migrations;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.selftest.DecodingRecord;
import dev.zerolite.process.MissingProgramException;
import dev.zerolite.process.NodeRuntime;
import dev.zerolite.process.Npm;
import dev.zerolite.process.Supervisor;
import dev.zerolite.replication.Replication;
import dev.zerolite.replication.TriggerMark;
import dev.zerolite.s3.S3Server;
import dev.zerolite.wire.PortInUseException;
import dev.zerolite.wire.SelfSignedCertificate;
import dev.zerolite.wire.TlsIdentity;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import dev.zerolite.zerocache.ZeroCache;
import dev.zerolite.zerocache.ZeroCacheEnvironment;
import dev.zerolite.zerocache.ZeroCacheException;
import dev.zerolite.zerocache.ZeroCacheInstallation;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running development backend: PostgreSQL on a port, the app's migrations applied, zero-cache and
 * the app's own server beside it.
 *
 * <pre>{@code
 * try (var zerolite = ZeroLite.start(ConfigFile.load(app).build())) {
 *   DriverManager.getConnection("jdbc:" + zerolite.postgresUrl());
 * }
 * }</pre>
 */
public final class ZeroLite implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ZeroLite.class);

  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Duration REPORT_EVERY = Duration.ofSeconds(15);
  // The first start copies the whole database into the replica.
  private static final Duration ZERO_CACHE_START = Duration.ofMinutes(10);
  private static final Duration S3_START = Duration.ofSeconds(30);
  private static final Duration APP_START = Duration.ofMinutes(2);

  private static final Duration LOCK_WAIT = Duration.ofSeconds(5);

  private final ZeroLiteConfig config;
  private final Map<String, String> environment;
  private final SetupGate gate = new SetupGate();
  private final CompletableFuture<Failure> failure = new CompletableFuture<>();
  // What close() undoes, the last first.
  private final Deque<Runnable> started = new ArrayDeque<>();
  private PostgresAddress server;
  private Replication replication;
  private Optional<String> zeroCacheUrl = Optional.empty();
  private Optional<String> s3Url = Optional.empty();

  private ZeroLite(ZeroLiteConfig config, Map<String, String> environment) {
    this.config = requireNonNull(config);
    this.environment = Map.copyOf(environment);
  }

  /**
   * Starts everything; returns when all of it is ready.
   *
   * @throws ZeroLiteException if something does not start; nothing is left running then
   */
  public static ZeroLite start(ZeroLiteConfig config)
      throws ZeroLiteException, InterruptedException {
    return start(config, Engine::load);
  }

  /**
   * As {@link #start(ZeroLiteConfig)}, with an engine that may have been loaded meanwhile.
   *
   * @param engine gives {@link Engine#load()}'s; called once
   */
  public static ZeroLite start(ZeroLiteConfig config, Supplier<Engine> engine)
      throws ZeroLiteException, InterruptedException {
    return start(config, c -> startCluster(c, engine.get()), System.getenv());
  }

  private static ClusterStarter.RunningCluster startCluster(ZeroLiteConfig config, Engine engine)
      throws BackendStartException, InterruptedException {
    var options =
        config
            .dataDirectory()
            .map(ClusterOptions::onDisk)
            .orElseGet(ClusterOptions::inMemory)
            .withSuperuser(config.user())
            .withPassword(config.password())
            .withDatabases(Databases.all(config.database()))
            .withAuthentication(config.authentication())
            .withSettings(config.postgresSettings());
    if (!config.fsync()) {
      options = options.withSetting("fsync", "off");
    }
    var cluster = Cluster.start(engine, options);
    return new ClusterStarter.RunningCluster(
        cluster, true, () -> DecodingRecord.isWith(engine), cluster.failure(), cluster::close);
  }

  /**
   * Starts with any cluster; returns when everything is ready.
   *
   * @param environment the variables of this process
   */
  static ZeroLite start(
      ZeroLiteConfig config, ClusterStarter clusters, Map<String, String> environment)
      throws ZeroLiteException, InterruptedException {
    var zerolite = new ZeroLite(config, environment);
    boolean complete = false;
    try {
      zerolite.startAll(clusters);
      complete = true;
      return zerolite;
    } finally {
      if (!complete) {
        zerolite.close();
      }
    }
  }

  private void startAll(ClusterStarter clusters) throws ZeroLiteException, InterruptedException {
    // Whatever can be missing or in the way is found before anything is started.
    int zeroCachePort = config.runZeroCache() ? zeroCachePort() : 0;
    checkAppPort();
    checkS3Port();
    var tools = needsNode() ? Optional.of(tools()) : Optional.<Tools>empty();

    // Beside the database, which takes longer.
    var s3 = config.s3().map(this::startS3);
    var cluster = startDatabase(clusters);
    setUpDatabase(cluster);
    boolean knowsReplica = config.runZeroCache() && knowsReplica();
    if (s3.isPresent()) {
      s3Url = Optional.of(await(s3.get()));
    }

    zeroCacheUrl =
        config.runZeroCache() ? Optional.of("http://localhost:" + zeroCachePort) : Optional.empty();
    Optional<Supervisor> app = Optional.empty();
    if (config.app().isPresent()) {
      app = Optional.of(startApp(tools.orElseThrow().node()));
    }
    Optional<Supervisor> zeroCache = Optional.empty();
    if (config.runZeroCache()) {
      zeroCache = Optional.of(startZeroCache(tools.orElseThrow(), zeroCachePort, knowsReplica));
    }
    if (zeroCache.isPresent()) {
      await(zeroCache.get(), "zero-cache", ZERO_CACHE_START, Reason.ZERO_CACHE);
      failWith(Reason.ZERO_CACHE, zeroCache.get().failure());
    }
    if (app.isPresent()) {
      await(app.get(), "the app's server", APP_START, Reason.APP);
      // The database may hold what the user still wants; a broken app is no reason to lose it.
      app.get().failure().thenAccept(reason -> LOG.error("{} The rest keeps running.", reason));
    }
  }

  private void failWith(Reason reason, CompletableFuture<String> cause) {
    cause.thenAccept(message -> failure.complete(new Failure(reason, message)));
  }

  private boolean needsNode() {
    return config.runZeroCache() || config.app().isPresent();
  }

  private int zeroCachePort() throws ZeroLiteException {
    int port = config.zeroCachePort();
    if (port == 0) {
      return Ports.freePair();
    }
    var remedy = "choose another pair with --zero-port";
    Ports.requireFree(port, "zero-cache", remedy);
    Ports.requireFree(port + 1, "zero-cache (it uses the port after its own too)", remedy);
    return port;
  }

  private void checkAppPort() throws ZeroLiteException {
    if (config.app().isPresent() && config.app().get().port().isPresent()) {
      Ports.requireFree(
          config.app().get().port().getAsInt(),
          "the app's server",
          "change app.port in zerolite.yaml");
    }
  }

  private void checkS3Port() throws ZeroLiteException {
    if (config.s3().isPresent() && config.s3().get().port() != 0) {
      Ports.requireFree(
          config.s3().get().port(),
          "the S3 endpoint",
          "choose another port with --s3-port, or leave S3 out with --no-s3");
    }
  }

  private FutureTask<S3Server> startS3(S3Config s3) {
    var task = new FutureTask<>(() -> listenForS3(s3));
    new Thread(task, "s3-start").start();
    started.push(() -> stopS3(task));
    return task;
  }

  private S3Server listenForS3(S3Config s3) throws IOException, ZeroLiteException {
    long start = System.nanoTime();
    if (s3.directory().filter(directory -> directory.startsWith(ownDirectory())).isPresent()) {
      workDirectory();
    }
    var server = S3Server.start(s3);
    LOG.info("S3 listens on port {} after {} ms", server.port(), millisSince(start));
    return server;
  }

  private void stopS3(FutureTask<S3Server> starting) {
    try {
      starting.get(S3_START.toMillis(), TimeUnit.MILLISECONDS).close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("S3 had not started", e);
    }
  }

  private static String await(FutureTask<S3Server> s3)
      throws ZeroLiteException, InterruptedException {
    try {
      return s3.get(S3_START.toMillis(), TimeUnit.MILLISECONDS).url();
    } catch (TimeoutException e) {
      throw new ZeroLiteException(
          Reason.ENVIRONMENT,
          "The S3 endpoint did not start within %d seconds; --no-s3 leaves it out."
              .formatted(S3_START.toSeconds()),
          e);
    } catch (ExecutionException e) {
      var cause = e.getCause();
      throw new ZeroLiteException(
          cause instanceof BindException ? Reason.PORT_IN_USE : Reason.ENVIRONMENT,
          cause instanceof IOException && !(cause instanceof FileSystemException)
              ? cause.getMessage()
              : "The S3 endpoint did not start: %s".formatted(cause),
          cause);
    }
  }

  private record Tools(NodeRuntime node, Optional<ZeroCacheInstallation> zeroCache) {}

  private Tools tools() throws ZeroLiteException, InterruptedException {
    try {
      var node = NodeRuntime.find(environment);
      installAppPackages(node);
      var zeroCache =
          config.runZeroCache()
              ? Optional.of(ZeroCacheInstallation.find(config.appDirectory(), node, environment))
              : Optional.<ZeroCacheInstallation>empty();
      return new Tools(node, zeroCache);
    } catch (MissingProgramException e) {
      throw new ZeroLiteException(Reason.ENVIRONMENT, e.getMessage(), e);
    } catch (ZeroCacheException e) {
      throw new ZeroLiteException(Reason.ZERO_CACHE, e.getMessage(), e);
    }
  }

  private void installAppPackages(NodeRuntime node)
      throws ZeroLiteException, MissingProgramException, InterruptedException {
    var directory = config.appDirectory();
    if (config.app().isEmpty()
        || !Files.exists(directory.resolve("package.json"))
        || Files.isDirectory(directory.resolve("node_modules"))) {
      return;
    }
    for (var other : Map.of("pnpm-lock.yaml", "pnpm", "yarn.lock", "yarn").entrySet()) {
      if (Files.exists(directory.resolve(other.getKey()))) {
        throw new ZeroLiteException(
            Reason.ENVIRONMENT,
            "The app's packages are not installed: run `%s install` in %s first."
                .formatted(other.getValue(), directory));
      }
    }
    LOG.info("installing the app's packages: npm install in {} (once)", directory);
    try {
      new Npm(node).install(directory, List.of());
    } catch (Npm.FailedException e) {
      throw new ZeroLiteException(Reason.ENVIRONMENT, e.getMessage(), e);
    }
  }

  private ClusterStarter.RunningCluster startDatabase(ClusterStarter clusters)
      throws ZeroLiteException, InterruptedException {
    long start = System.nanoTime();
    ClusterStarter.RunningCluster cluster;
    if (config
        .dataDirectory()
        .filter(directory -> directory.startsWith(ownDirectory()))
        .isPresent()) {
      workDirectory();
    }
    try {
      cluster = clusters.start(config);
    } catch (BackendStartException e) {
      throw new ZeroLiteException(
          Reason.DATABASE,
          "PostgreSQL did not start: %s (SQLSTATE %s)".formatted(withRemedy(e), e.sqlState()),
          e);
    }
    started.push(cluster.stop());
    failWith(Reason.DATABASE, cluster.failure());
    try {
      replication =
          new Replication(
              cluster.backends(),
              cluster.decodingIsTested(),
              config.replication(),
              triggerMark(),
              config.user());
      var wire =
          WireServer.start(
              withTls(
                  WireConfig.onLoopback(config.postgresPort())
                      .withMoreAddresses(config.listen())
                      .withGate(gate)),
              replication);
      started.push(wire::close);
      started.push(replication::close);
      server = new PostgresAddress(wire.port(), config.user(), config.password());
      watchLocks(wire);
    } catch (PortInUseException e) {
      throw new ZeroLiteException(Reason.PORT_IN_USE, e.getMessage(), e);
    } catch (IOException e) {
      throw new ZeroLiteException(Reason.ENVIRONMENT, e.getMessage(), e);
    }
    LOG.info("PostgreSQL listens on port {} after {} ms", server.port(), millisSince(start));
    if (!config.listen().isEmpty()) {
      LOG.warn(
          "PostgreSQL can be reached from other machines, on {}: whoever knows the password is"
              + " superuser{}",
          String.join(", ", config.listen()),
          config.tls().isEmpty() ? "; nothing is encrypted without --tls" : "");
    }
    return cluster;
  }

  private TriggerMark triggerMark() throws IOException {
    return config.dataDirectory().isPresent()
        ? TriggerMark.in(config.dataDirectory().get())
        : TriggerMark.ofNewCluster();
  }

  private static String withRemedy(BackendStartException e) {
    return e.sqlState().equals("F0001") // lock_file_exists
        ? e.getMessage() + " --data-dir names another directory, --ephemeral needs none."
        : e.getMessage();
  }

  private void watchLocks(WireServer wire) {
    var watch =
        LockWatch.start(
            () -> server.connectForSetup("postgres"),
            () -> wire.someoneWaitsLongerThan(LOCK_WAIT),
            LOCK_WAIT,
            LOG::warn);
    started.push(watch::close);
  }

  private WireConfig withTls(WireConfig wire)
      throws IOException, InterruptedException, ZeroLiteException {
    var tls = config.tls().orElse(null);
    if (tls instanceof TlsConfig.Given given) {
      return wire.withTls(TlsIdentity.load(given.certificate(), given.key()));
    }
    if (tls instanceof TlsConfig.SelfSigned selfSigned) {
      workDirectory();
      return wire.withTls(SelfSignedCertificate.in(selfSigned.directory()));
    }
    return wire;
  }

  /** Databases, migrations and seed; opens the gate. */
  private void setUpDatabase(ClusterStarter.RunningCluster cluster)
      throws ZeroLiteException, InterruptedException {
    long start = System.nanoTime();
    try {
      if (!cluster.hasDatabases()) {
        new Databases(server).createMissing(config.database());
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

  private Migrations.Applied migrate() throws SQLException, MigrationException {
    if (config.migrations().isEmpty() && config.seed().isEmpty()) {
      return Migrations.Applied.NOTHING; // without the session, which a start would wait for
    }
    try (var connection = server.connectForSetup(config.database())) {
      return new Migrations(connection).apply(config.migrations(), config.seed());
    }
  }

  /** Whether a replica of zero-cache may belong to this database. */
  private boolean knowsReplica() throws ZeroLiteException {
    try {
      return new Databases(server).hasSlotOf(config.database(), zeroCacheShard());
    } catch (SQLException e) {
      throw cannotSetUp(e);
    }
  }

  private static ZeroLiteException cannotSetUp(SQLException e) {
    return new ZeroLiteException(
        Reason.DATABASE, "The database could not be set up: " + e.getMessage(), e);
  }

  private String zeroCacheShard() {
    var settings = new TreeMap<>(environment);
    settings.putAll(config.zeroCacheEnvironment());
    return settings.getOrDefault("ZERO_APP_ID", "zero")
        + "_"
        + settings.getOrDefault("ZERO_SHARD_NUM", "0");
  }

  private Supervisor startZeroCache(Tools tools, int port, boolean knowsReplica)
      throws ZeroLiteException {
    var zeroCache =
        new ZeroCache(
            tools.zeroCache().orElseThrow(),
            tools.node(),
            config.appDirectory(),
            new ZeroCacheEnvironment(
                server.clearTextUrl(config.database()),
                server.clearTextUrl(Databases.CVR),
                server.clearTextUrl(Databases.CHANGE),
                replicaFile(port),
                port),
            environment,
            config.zeroCacheEnvironment());
    if (!knowsReplica) {
      zeroCache.withNewReplica();
    }
    LOG.info("starting zero-cache");
    return supervise(Supervisor.start(zeroCache, tools.node(), GRACE));
  }

  private Path replicaFile(int port) throws ZeroLiteException {
    return config.replicaFile().isPresent()
        ? config.replicaFile().get()
        // Named by the port, so that two zerolites of one app do not share a file.
        : workDirectory().resolve("replica-" + port + ".db");
  }

  private Supervisor startApp(NodeRuntime node) {
    var variables = new TreeMap<String, String>();
    variables.put("DATABASE_URL", postgresUrl());
    variables.put("ZERO_UPSTREAM_DB", postgresUrl());
    zeroCacheUrl.ifPresent(url -> variables.put("ZERO_CACHE_URL", url));
    s3Url.ifPresent(url -> variables.putAll(s3Variables(url, config.s3().orElseThrow())));
    var app = new AppServer(config.app().orElseThrow(), config.appDirectory(), variables);
    LOG.info("starting the app: {}", config.app().get().command());
    return supervise(Supervisor.start(app, node, GRACE));
  }

  private static Map<String, String> s3Variables(String url, S3Config s3) {
    var variables = new TreeMap<String, String>();
    variables.put("S3_ENDPOINT", url);
    variables.put("S3_REGION", "us-east-1");
    variables.put("S3_ACCESS_KEY_ID", s3.accessKey());
    variables.put("S3_SECRET_ACCESS_KEY", s3.secretKey());
    variables.put("S3_FORCE_PATH_STYLE", "true");
    Stream.concat(s3.buckets().stream(), s3.publicBuckets().stream())
        .findFirst()
        .ifPresent(bucket -> variables.put("S3_BUCKET", bucket));
    return variables;
  }

  private Supervisor supervise(Supervisor supervisor) {
    started.push(supervisor::close);
    return supervisor;
  }

  private Path ownDirectory() {
    return config.appDirectory().resolve(".zerolite");
  }

  /** The app's own {@code .zerolite} directory, which keeps itself out of version control. */
  private Path workDirectory() throws ZeroLiteException {
    var directory = ownDirectory();
    try {
      Files.createDirectories(directory);
      var ignore = directory.resolve(".gitignore");
      if (!Files.exists(ignore)) {
        Files.writeString(ignore, "*\n");
      }
      return directory;
    } catch (IOException e) {
      throw new ZeroLiteException(
          Reason.ENVIRONMENT, "%s cannot be written: %s".formatted(directory, e.getMessage()), e);
    }
  }

  private static void await(Supervisor child, String what, Duration limit, Reason reason)
      throws ZeroLiteException, InterruptedException {
    long start = System.nanoTime();
    while (!child.awaitSettled(REPORT_EVERY)) {
      if (millisSince(start) > limit.toMillis()) {
        throw new ZeroLiteException(
            reason,
            "%s is not ready after %d seconds; see its output above"
                .formatted(what, limit.toSeconds()));
      }
      LOG.info("still waiting for {} ({} s)", what, millisSince(start) / 1000);
    }
    var failed = child.failure().getNow(null);
    if (failed != null) {
      throw new ZeroLiteException(reason, failed);
    }
    LOG.info("{} is ready after {} ms", what, millisSince(start));
  }

  private static long millisSince(long start) {
    return (System.nanoTime() - start) / 1_000_000;
  }

  /** {@code postgresql://user:password@127.0.0.1:port/database}. */
  public String postgresUrl() {
    return server.url(config.database());
  }

  /** Where browsers find zero-cache, if it is run here. */
  public Optional<String> zeroCacheUrl() {
    return zeroCacheUrl;
  }

  /** Where S3 clients connect, if there is an S3 endpoint. */
  public Optional<String> s3Url() {
    return s3Url;
  }

  /** How S3 requests are signed, and the rest that was configured. */
  public Optional<S3Config> s3() {
    return config.s3();
  }

  /** Where the app's own server is, if it is run here and says so. */
  public Optional<String> appUrl() {
    return config.app().flatMap(app -> app.url());
  }

  /** Where the databases are kept, if they are. */
  public Optional<Path> dataDirectory() {
    return config.dataDirectory();
  }

  /**
   * What failed for good.
   *
   * @param reason which part
   * @param message what to tell the user
   */
  public record Failure(Reason reason, String message) {}

  /** Completed if PostgreSQL or zero-cache fails for good after the start. */
  public CompletableFuture<Failure> failure() {
    return failure.copy();
  }

  /**
   * Stops everything in the reverse order of its start: zero-cache and the app, the port, the
   * cluster. Bounded; a second call does nothing.
   */
  @Override
  public void close() {
    // An interrupt that led here must not cut the stopping short.
    boolean interrupted = Thread.interrupted();
    if (!started.isEmpty()) {
      LOG.info("stopping");
    }
    while (true) {
      Runnable stop;
      synchronized (started) {
        stop = started.poll();
      }
      if (stop == null) {
        break;
      }
      try {
        stop.run();
      } catch (RuntimeException e) {
        LOG.warn("something did not stop cleanly", e);
      }
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.zerolite;

import static java.util.Objects.requireNonNull;

import dev.zerolite.ZeroLiteException.Reason;
import dev.zerolite.config.S3Config;
import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.selftest.DecodingRecord;
import dev.zerolite.process.NodeRuntime;
import dev.zerolite.process.Supervisor;
import dev.zerolite.zerocache.ZeroCache;
import dev.zerolite.zerocache.ZeroCacheEnvironment;
import dev.zerolite.zerocache.ZeroCacheInstallation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
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
  private static final Duration APP_START = Duration.ofMinutes(2);

  private final ZeroLiteConfig config;
  private final Map<String, String> environment;
  private final WorkDirectory workDirectory;
  private final CompletableFuture<Failure> failure = new CompletableFuture<>();
  private final StartedParts parts = new StartedParts();
  private PostgresAddress server;
  private Optional<String> zeroCacheUrl = Optional.empty();
  private Optional<S3Endpoint> s3 = Optional.empty();
  private Optional<String> s3Url = Optional.empty();

  private ZeroLite(ZeroLiteConfig config, Map<String, String> environment) {
    this.config = requireNonNull(config);
    this.environment = Map.copyOf(environment);
    this.workDirectory = new WorkDirectory(config.appDirectory());
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
    var tools =
        needsNode()
            ? Optional.of(NodeTools.find(config, environment))
            : Optional.<NodeTools>empty();

    boolean isNew = !config.dataDirectory().map(ZeroLite::holdsCluster).orElse(false);
    var database = Database.start(config, clusters, workDirectory, parts);
    failWith(Reason.DATABASE, database.cluster().failure());
    server = database.address();
    zeroCacheUrl =
        config.runZeroCache() ? Optional.of("http://localhost:" + zeroCachePort) : Optional.empty();
    var zeroCache = setUp(database, isNew, tools, zeroCachePort);
    // Beside what takes longer from here on, not beside PostgreSQL: on two CPUs that would take a
    // third more time.
    s3 = config.s3().map(this::startS3);
    if (s3.isPresent()) {
      s3Url = Optional.of(s3.get().url());
    }
    Optional<Supervisor> app = Optional.empty();
    if (config.app().isPresent()) {
      app = Optional.of(startApp(tools.orElseThrow().node()));
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

  private S3Endpoint startS3(S3Config wanted) {
    var endpoint = S3Endpoint.start(wanted, workDirectory);
    parts.add(endpoint::stop);
    return endpoint;
  }

  private String zeroCacheShard() {
    var settings = new TreeMap<>(environment);
    settings.putAll(config.zeroCacheEnvironment());
    return settings.getOrDefault("ZERO_APP_ID", "zero")
        + "_"
        + settings.getOrDefault("ZERO_SHARD_NUM", "0");
  }

  /**
   * Sets the database up and starts zero-cache; first zero-cache if the database is new, since
   * Node.js loads it for a second or two before it connects. Of a database that is not new only a
   * question tells whether zero-cache's replica may stay.
   */
  private Optional<Supervisor> setUp(
      Database database, boolean isNew, Optional<NodeTools> tools, int zeroCachePort)
      throws ZeroLiteException, InterruptedException {
    if (!config.runZeroCache()) {
      database.setUp();
      return Optional.empty();
    }
    if (isNew) {
      var zeroCache = startZeroCache(tools.orElseThrow(), zeroCachePort, database, false);
      database.setUp();
      return Optional.of(zeroCache);
    }
    database.setUp();
    boolean knowsReplica = database.knowsReplica(zeroCacheShard());
    return Optional.of(startZeroCache(tools.orElseThrow(), zeroCachePort, database, knowsReplica));
  }

  private static boolean holdsCluster(Path directory) {
    return Files.exists(directory.resolve("PG_VERSION"));
  }

  private Supervisor startZeroCache(
      NodeTools tools, int port, Database database, boolean knowsReplica) throws ZeroLiteException {
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
                port,
                ZeroCacheInstallation.compileCache(environment)),
            environment,
            config.zeroCacheEnvironment(),
            database.whenSetUp());
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
        : workDirectory.make().resolve("replica-" + port + ".db");
  }

  private Supervisor startApp(NodeRuntime node) throws ZeroLiteException, InterruptedException {
    var variables = new TreeMap<String, String>();
    variables.put("DATABASE_URL", postgresUrl());
    variables.put("ZERO_UPSTREAM_DB", postgresUrl());
    zeroCacheUrl.ifPresent(url -> variables.put("ZERO_CACHE_URL", url));
    if (s3.isPresent()) {
      variables.putAll(s3.get().variables());
    }
    var app = new AppServer(config.app().orElseThrow(), config.appDirectory(), variables);
    LOG.info("starting the app: {}", config.app().get().command());
    return supervise(Supervisor.start(app, node, GRACE));
  }

  private Supervisor supervise(Supervisor supervisor) {
    parts.add(supervisor::close);
    return supervisor;
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
    if (!parts.isEmpty()) {
      LOG.info("stopping");
    }
    parts.close();
  }
}

package dev.zerolite.pglite;

import dev.zerolite.pglite.decode.PgOutput;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.host.MemorySettings;
import dev.zerolite.pglite.host.ProcessHooks;
import dev.zerolite.pglite.host.WasmProcess;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL cluster: its files, its shared memory, and the backends that work on them.
 *
 * <p>The first backend boots the cluster, recovery included, and stays for as long as the cluster
 * lives: it is the place for what a postmaster's auxiliary processes do. All others boot on the
 * live cluster, one per session.
 */
public final class Cluster implements BackendStarter, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  /**
   * The first backend's pid; what follows counts up. Clear of 1 and of emscripten's getpid(), 42.
   */
  private static final int FIRST_PID = 100;

  /** 10.5 MB, where a backend has booted and run a few statements without growing; then by 5 %. */
  private static final MemorySettings BACKEND_MEMORY =
      new MemorySettings(160, MemorySettings.MOST_PAGES, 1.05);

  private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

  /** The user named like this exists in the template; it is renamed to the configured superuser. */
  private static final String TEMPLATE_SUPERUSER = "postgres";

  private static final String PROGRAM = "/pglite/bin/postgres";

  /**
   * Unlike a real postmaster's children these backends have no auxiliary processes and no workers.
   */
  private static final Map<String, String> DEFAULT_SETTINGS =
      settings(
          "io_method", "sync",
          "max_worker_processes", "0",
          "max_parallel_workers", "0",
          "max_parallel_workers_per_gather", "0",
          "max_parallel_maintenance_workers", "0",
          "autovacuum_worker_slots", "1",
          "exit_on_error", "false",
          "log_checkpoints", "false",
          "log_line_prefix", ServerLog.LINE_PREFIX,
          // sysv asks the host for the segment in one piece, at an address of the host's choice.
          "shared_memory_type", "sysv",
          "shared_buffers", "16MB",
          "wal_buffers", "1MB",
          "max_connections", "100",
          // pgstat's dynamic shared memory must lie in the main segment: other mappings are private
          // to a backend.
          "min_dynamic_shared_memory", "8MB",
          "wal_level", "logical",
          "max_wal_senders", "10",
          "max_replication_slots", "10",
          // Segments kept for reuse are heap.
          "min_wal_size", "32MB",
          "max_wal_size", "64MB",
          "max_stack_depth", "2MB");

  private final ClusterOptions options;
  private final Engine engine;
  private final FileTree files;
  private final Symbols symbols;
  private final Clock clock;
  private final InterpreterLock lock;
  private final SharedSegment segment;
  private final SecureRandom random = new SecureRandom();
  private final AtomicInteger nextPid = new AtomicInteger(FIRST_PID);
  private final Map<Integer, SessionBackend> backends = new ConcurrentHashMap<>();
  private final AtomicReference<Throwable> crash = new AtomicReference<>();
  private volatile boolean closing;
  private SqlSession maintenance;
  private Maintenance housekeeping;

  private Cluster(Engine engine, ClusterOptions options) {
    this.options = options;
    this.engine = engine;
    this.files = engine.newFileTree();
    this.symbols = Symbols.of(engine::symbol);
    this.clock = new Clock(options.name());
    this.lock = new InterpreterLock(clock);
    this.segment = new SharedSegment(symbols.dsmControl());
  }

  private static Map<String, String> settings(String... namesAndValues) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      settings.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return settings;
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
      cluster.startMaintenance();
    } catch (BackendStartException | InterruptedException | RuntimeException e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  private void startMaintenance() throws BackendStartException, InterruptedException {
    Map<String, String> startup =
        Map.of(
            "user", options.superuser(),
            "database", "postgres",
            "application_name", "zerolite maintenance");
    maintenance = SqlSession.open((parameters, output) -> start(parameters, output, true), startup);
    try {
      renameSuperuser();
    } catch (SqlSession.SqlException e) {
      throw new BackendStartException(e.sqlState(), e.getMessage());
    }
    housekeeping = new Maintenance(options.name(), maintenance, clock);
    housekeeping.start();
  }

  /** A role cannot rename itself while it is the session's, so another one does it. */
  private void renameSuperuser() throws SqlSession.SqlException, InterruptedException {
    if (options.superuser().equals(TEMPLATE_SUPERUSER)) {
      return;
    }
    String name = '"' + options.superuser().replace("\"", "\"\"") + '"';
    maintenance.query("CREATE ROLE zerolite_rename SUPERUSER");
    maintenance.query("SET SESSION AUTHORIZATION zerolite_rename");
    maintenance.query("ALTER ROLE " + TEMPLATE_SUPERUSER + " RENAME TO " + name);
    maintenance.query("SET SESSION AUTHORIZATION " + name);
    maintenance.query("DROP ROLE zerolite_rename");
  }

  @Override
  public Backend start(Map<String, String> startup, ClientOutput output)
      throws BackendStartException, InterruptedException {
    return start(startup, output, false);
  }

  private Backend start(Map<String, String> startup, ClientOutput output, boolean first)
      throws BackendStartException, InterruptedException {
    if (closing) {
      throw new BackendStartException("57P03", "the database system is shutting down");
    }
    if (hasCrashed()) {
      throw new BackendStartException(
          "57P03", "the database system has crashed and must be restarted: " + crash.get());
    }
    SessionBackend backend =
        new SessionBackend(this, nextPid.getAndIncrement(), first, startup, output, random);
    backends.put(backend.pid(), backend);
    backend.boot();
    return backend;
  }

  /** The arguments of main() for a backend of this database. */
  List<String> postgresArguments(String database) {
    Map<String, String> settings = new LinkedHashMap<>(DEFAULT_SETTINGS);
    settings.putAll(options.settings());
    List<String> arguments = new ArrayList<>(List.of(PROGRAM, "--single", "-F", "-j"));
    settings.forEach(
        (name, value) -> {
          arguments.add("-c");
          arguments.add(name + "=" + value);
        });
    arguments.add("-D");
    arguments.add(Engine.DATA_DIRECTORY);
    arguments.add(database);
    return arguments;
  }

  WasmProcess newProcess(ProcessHooks hooks) {
    WasmProcess process = new WasmProcess(engine, files, environment(), hooks, BACKEND_MEMORY);
    PgOutput.install(process, engine::symbol);
    return process;
  }

  private static Map<String, String> environment() {
    return settings(
        "HOME", "/home/postgres",
        "USER", TEMPLATE_SUPERUSER,
        "LOGNAME", TEMPLATE_SUPERUSER,
        "PGDATA", Engine.DATA_DIRECTORY,
        "LANG", "C.UTF-8",
        "LC_ALL", "C.UTF-8",
        "TZ", "UTC",
        "PGTZ", "UTC",
        "PGCLIENTENCODING", "UTF8",
        "ICU_DATA", "/pglite/icu",
        "PATH", "/",
        "PWD", "/",
        "_", PROGRAM);
  }

  void signal(int pid, int signal) {
    SessionBackend backend = backends.get(pid);
    if (backend != null) {
      backend.signal(signal);
    }
  }

  void ended(SessionBackend backend) {
    backends.remove(backend.pid());
  }

  /** A backend died where shared state may be inconsistent: nobody may go on with it. */
  void crashed(SessionBackend backend, Throwable cause) {
    if (crash.compareAndSet(null, cause)) {
      LOG.error("{} crashed; all sessions of this cluster end, restart zerolite", backend, cause);
      abortAll();
    }
  }

  boolean isClosing() {
    return closing;
  }

  boolean hasCrashed() {
    return crash.get() != null;
  }

  private void abortAll() {
    lock.abort();
    backends.values().forEach(SessionBackend::abort);
  }

  /** Ends every session as a fast shutdown does and waits for them, bounded. */
  @Override
  public void close() {
    closing = true;
    if (housekeeping != null) {
      housekeeping.close();
    }
    List<SessionBackend> running = new ArrayList<>(backends.values());
    SqlSession session = maintenance;
    running.removeIf(b -> session != null && b == session.backend());
    running.forEach(SessionBackend::terminate);
    awaitEnd(running);
    abortAll();
    awaitEnd(new ArrayList<>(backends.values()));
    clock.close();
  }

  private static void awaitEnd(List<SessionBackend> backends) {
    long deadline = System.nanoTime() + END_TIMEOUT.toNanos();
    for (SessionBackend backend : backends) {
      try {
        Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
        if (!backend.awaitEnd(left)) {
          LOG.warn("{} did not end in time", backend);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  // ---- for the backends ----

  InterpreterLock lock() {
    return lock;
  }

  Clock clock() {
    return clock;
  }

  SharedSegment segment() {
    return segment;
  }

  Symbols symbols() {
    return symbols;
  }

  String superuser() {
    return options.superuser();
  }
}

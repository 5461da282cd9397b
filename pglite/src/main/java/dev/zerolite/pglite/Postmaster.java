package dev.zerolite.pglite;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of a cluster's processes, from boot to shutdown or crash: the shared memory, the lock
 * and the backends that work with it. After a crash the cluster goes on with another one, on the
 * same files.
 *
 * <p>The first backend boots the cluster, recovery included, and stays: it is the place for what a
 * postmaster's auxiliary processes do.
 */
final class Postmaster {
  private static final Logger LOG = LoggerFactory.getLogger(Postmaster.class);

  private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

  /** Long enough for a checkpoint on a slow disk; without it the next start recovers. */
  private static final Duration SHUTDOWN_CHECKPOINT_TIMEOUT = Duration.ofSeconds(20);

  private final String clusterName;
  private final PostgresProgram program;
  private final String superuser;
  private final AtomicInteger pids;
  private final SecureRandom random;
  private final Consumer<Postmaster> onCrash;
  private final Clock clock;
  private final InterpreterLock lock;
  private final SharedSegment segment;
  private final SyncRequests syncRequests = new SyncRequests();
  private final Map<Integer, SessionBackend> backends = new ConcurrentHashMap<>();
  private final AtomicReference<Throwable> crash = new AtomicReference<>();
  private volatile boolean closing;
  private SqlSession maintenance;
  private Maintenance housekeeping;

  /**
   * @param pids the source of process ids, which no life of the cluster uses twice
   * @param onCrash called once, on the crashed backend's thread, when all others have been told to
   *     end
   */
  Postmaster(
      String clusterName,
      PostgresProgram program,
      String superuser,
      AtomicInteger pids,
      SecureRandom random,
      Consumer<Postmaster> onCrash) {
    this.clusterName = clusterName;
    this.program = program;
    this.superuser = superuser;
    this.pids = pids;
    this.random = random;
    this.onCrash = onCrash;
    this.clock = new Clock(clusterName);
    this.lock = new InterpreterLock(clock);
    this.segment = new SharedSegment(program.symbols().dsmControl());
  }

  /** Boots the first backend; sessions may start when this returns. */
  void boot() throws BackendStartException, InterruptedException {
    Map<String, String> startup =
        Map.of(
            "user", superuser,
            "database", "postgres",
            "application_name", "zerolite maintenance");
    maintenance = SqlSession.open((parameters, output) -> start(parameters, output, true), startup);
  }

  /** The session of the first backend, until {@link #startHousekeeping}. */
  SqlSession maintenance() {
    return maintenance;
  }

  void startHousekeeping() {
    housekeeping = new Maintenance(clusterName, maintenance, clock);
    housekeeping.start();
  }

  Backend start(Map<String, String> startup, ClientOutput output)
      throws BackendStartException, InterruptedException {
    return start(startup, output, false);
  }

  private Backend start(Map<String, String> startup, ClientOutput output, boolean first)
      throws BackendStartException, InterruptedException {
    if (closing) {
      throw new BackendStartException("57P03", "the database system is shutting down");
    }
    if (hasCrashed()) {
      throw new BackendStartException("57P03", "the database system is in recovery mode");
    }
    SessionBackend backend =
        new SessionBackend(this, pids.getAndIncrement(), first, startup, output, random);
    backends.put(backend.pid(), backend);
    backend.boot();
    return backend;
  }

  /**
   * Ends every session as a fast shutdown does and waits for them, bounded.
   *
   * @param checkpoint whether the first backend then ends in order, too: it writes the shutdown
   *     checkpoint, after which the next start has nothing to recover
   * @return false if a backend still runs: then nobody else may work on the cluster's files
   */
  boolean stop(boolean checkpoint) {
    closing = true;
    if (housekeeping != null) {
      housekeeping.close();
    }
    List<SessionBackend> running = new ArrayList<>(backends.values());
    SqlSession session = maintenance;
    running.removeIf(b -> session != null && b == session.backend());
    running.forEach(SessionBackend::terminate);
    boolean ended = awaitEnd(running);
    if (checkpoint && ended && session != null && !hasCrashed()) {
      session.close();
      awaitEnd(
          backends.values().stream().filter(b -> b == session.backend()).toList(),
          SHUTDOWN_CHECKPOINT_TIMEOUT);
    }
    return abort();
  }

  /**
   * Ends every session at once, as an immediate shutdown does: the next start recovers.
   *
   * @return false if a backend still runs: then nobody else may work on the cluster's files
   */
  boolean abort() {
    closing = true;
    if (housekeeping != null) {
      housekeeping.close();
    }
    abortAll();
    boolean ended = awaitEnd(new ArrayList<>(backends.values()));
    clock.close();
    return ended;
  }

  /**
   * Waits for all backends to end after a crash.
   *
   * @return false if one still runs: then nobody else may work on the cluster's files
   */
  boolean awaitEndAfterCrash() {
    if (housekeeping != null) {
      housekeeping.close();
    }
    boolean ended = awaitEnd(new ArrayList<>(backends.values()));
    clock.close();
    return ended;
  }

  private static boolean awaitEnd(List<SessionBackend> backends) {
    return awaitEnd(backends, END_TIMEOUT);
  }

  private static boolean awaitEnd(List<SessionBackend> backends, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    boolean all = true;
    for (SessionBackend backend : backends) {
      try {
        Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
        if (!backend.awaitEnd(left)) {
          LOG.warn("{} did not end in time", backend);
          all = false;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return all;
  }

  // ---- for the backends ----

  void signal(int pid, int signal) {
    SessionBackend backend = backends.get(pid);
    if (backend != null) {
      backend.signal(signal);
    }
  }

  void signalAll(int signal) {
    backends.values().forEach(backend -> backend.signal(signal));
  }

  void ended(SessionBackend backend) {
    backends.remove(backend.pid());
  }

  /** A backend died where shared memory may be inconsistent: nobody may go on with it. */
  void crashed(SessionBackend backend, Throwable cause) {
    if (crash.compareAndSet(null, cause)) {
      LOG.error("{} crashed; all sessions of this cluster end", backend, cause);
      abortAll();
      onCrash.accept(this);
    }
  }

  private void abortAll() {
    lock.abort();
    backends.values().forEach(SessionBackend::abort);
  }

  boolean isClosing() {
    return closing;
  }

  boolean hasCrashed() {
    return crash.get() != null;
  }

  PostgresProgram program() {
    return program;
  }

  String superuser() {
    return superuser;
  }

  InterpreterLock lock() {
    return lock;
  }

  Clock clock() {
    return clock;
  }

  SyncRequests syncRequests() {
    return syncRequests;
  }

  SharedSegment segment() {
    return segment;
  }
}

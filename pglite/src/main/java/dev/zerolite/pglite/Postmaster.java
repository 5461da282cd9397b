package dev.zerolite.pglite;

import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL's postmaster, in Java: one life of a cluster's processes, from boot to shutdown or
 * crash. It owns the shared memory and the lock, starts backends and auxiliary processes, and does
 * what they signal it. After a crash the cluster goes on with another one, on the same files.
 */
final class Postmaster {
  private static final Logger LOG = LoggerFactory.getLogger(Postmaster.class);

  private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

  /** Long enough for a checkpoint on a slow disk; without it the next start recovers. */
  private static final Duration SHUTDOWN_CHECKPOINT_TIMEOUT = Duration.ofSeconds(20);

  /** Recovery after a crash replays at most max_wal_size, but on a cold JVM. */
  private static final Duration STARTUP_TIMEOUT = Duration.ofMinutes(10);

  private final String clusterName;
  private final PostgresProgram program;
  private final AtomicInteger pids;
  private final int pid;
  private final Clock clock;
  private final InterpreterLock lock;
  private final SharedSegment segment;
  private final PostmasterImage image;
  private volatile boolean hasReadSettings;
  private final Map<Integer, Child> children = new ConcurrentHashMap<>();
  private final AtomicReference<Throwable> crash = new AtomicReference<>();
  private final ScarceMemory memory = new ScarceMemory();
  private final ScarceMemory.Work<RuntimeException> endOfAll = this::abortAll;
  private final ScarceMemory.Work<RuntimeException> notice;
  private volatile ChildSlots slots;
  private volatile boolean closing;

  /** The checkpointer has written the shutdown checkpoint. */
  private volatile boolean walIsShutDown;

  /**
   * @param pids the source of process ids, which no life of the cluster uses twice
   * @param onCrash called on the crashed child's thread, when all others have been told to end;
   *     again if there was no memory for it
   */
  Postmaster(
      String clusterName,
      PostgresProgram program,
      AtomicInteger pids,
      Consumer<Postmaster> onCrash) {
    this.clusterName = clusterName;
    this.program = program;
    this.pids = pids;
    this.pid = pids.getAndIncrement();
    this.notice = () -> onCrash.accept(this);
    this.clock = new Clock(clusterName);
    this.lock = new InterpreterLock(clock);
    this.segment = new SharedSegment();
    program.mountSharedMemory(segment, List.of());
    this.image = new PostmasterImage(program, segment, pid);
  }

  // ---- life ----

  /** Recovers and starts the auxiliary processes; sessions may start when this returns. */
  void boot() throws BackendStartException, InterruptedException {
    Optional<PreparedCluster> prepared = program.prepared().filter(p -> p.suits(program.files()));
    bootImage(
        () -> {
          if (prepared.isPresent()) {
            image.restore(prepared.get(), prepared.get().beforeRecovery(program.files()));
          } else {
            image.boot();
          }
        });
    TemporaryFiles.removeFrom(program.files());
    startAuxiliary(ChildType.CHECKPOINTER);
    startAuxiliary(ChildType.BG_WRITER);
    recover();
    startAuxiliary(ChildType.WAL_WRITER);
    startAuxiliary(ChildType.AUTOVAC_LAUNCHER);
  }

  /** Goes on with the cluster that the engine has prepared, on its files. */
  void resume(PreparedCluster prepared) throws BackendStartException, InterruptedException {
    bootImage(() -> image.restore(prepared, prepared.inProduction(program.files())));
    startAuxiliary(ChildType.CHECKPOINTER);
    startAuxiliary(ChildType.BG_WRITER);
    startAuxiliary(ChildType.WAL_WRITER);
    startAuxiliary(ChildType.AUTOVAC_LAUNCHER);
  }

  /** Runs StartupXLOG() in the startup process. */
  void recover() throws BackendStartException, InterruptedException {
    Child startup = startAuxiliary(ChildType.STARTUP);
    if (!startup.awaitEnd(STARTUP_TIMEOUT)) {
      throw new BackendStartException("57P03", "the database system is still starting up");
    }
    if (!startup.succeeded()) {
      throw startup.failure();
    }
  }

  /** A way to make the image, which takes a thread with a deep stack. */
  interface ImageStart {
    void run() throws BackendStartException;
  }

  void bootImage(ImageStart start) throws BackendStartException, InterruptedException {
    BackendStartException[] failure = new BackendStartException[1];
    Throwable[] fault = new Throwable[1];
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                start.run();
              } catch (BackendStartException e) {
                failure[0] = e;
              } catch (RuntimeException | Error e) {
                fault[0] = e;
              }
            },
            "pglite-postmaster-" + clusterName,
            Child.THREAD_STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
    thread.join();
    if (failure[0] != null) {
      throw failure[0];
    }
    if (fault[0] instanceof OutOfMemoryError e) {
      throw e;
    }
    if (fault[0] != null) {
      throw new IllegalStateException("PostgreSQL does not start", fault[0]);
    }
    slots = new ChildSlots(image.memory(), symbols().of("PMSignalState"));
    hasReadSettings = true;
  }

  /** False if it ended at what the configuration says, before it changed any file. */
  boolean hasReadSettings() {
    return hasReadSettings;
  }

  private Child startAuxiliary(ChildType type) throws BackendStartException {
    return start(type, null, (bytes, offset, length) -> {});
  }

  Backend connect(ClientAddress client, ClientOutput output) throws BackendStartException {
    if (closing) {
      throw new BackendStartException("57P03", "the database system is shutting down");
    }
    return start(ChildType.BACKEND, client, output);
  }

  private Child start(ChildType type, ClientAddress client, ClientOutput output)
      throws BackendStartException {
    if (hasCrashed()) {
      throw new BackendStartException("57P03", "the database system is in recovery mode");
    }
    int slot = slots.take();
    Child child = new Child(this, type, pids.getAndIncrement(), slot, client, output);
    children.put(child.pid(), child);
    try {
      child.start();
    } catch (OutOfMemoryError e) {
      // what Java says when the system has no more threads to give
      ended(child);
      throw new BackendStartException("53300", "could not start a thread for the new process");
    }
    return child;
  }

  /**
   * Ends everything in the order of a fast shutdown (PostmasterStateMachine in postmaster.c):
   * sessions, then the shutdown checkpoint, then walsenders, which first send what there is, then
   * the checkpointer. Who does not end in time is aborted, which recovery can repair.
   *
   * @return false if a child still runs: then nobody else may work on the cluster's files
   */
  boolean stop() {
    closing = true;
    if (!hasCrashed()) {
      try {
        shutDown();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return abort();
  }

  /**
   * Ends every session at once, as an immediate shutdown does: the next start recovers.
   *
   * @return false if a child still runs: then nobody else may work on the cluster's files
   */
  boolean abort() {
    closing = true;
    abortAll();
    boolean ended = awaitEnd(child -> true);
    clock.close();
    return ended;
  }

  private void shutDown() throws InterruptedException {
    Predicate<Child> walSender = Child::isWalSender;
    Predicate<Child> checkpointer = child -> child.type() == ChildType.CHECKPOINTER;
    Predicate<Child> first = walSender.or(checkpointer).negate();
    children.values().stream().filter(first).forEach(Child::terminate);
    if (!awaitEnd(first)) {
      return;
    }
    signal(checkpointer, Signal.SIGINT);
    long deadline = System.nanoTime() + SHUTDOWN_CHECKPOINT_TIMEOUT.toNanos();
    synchronized (this) {
      while (!walIsShutDown
          && !hasCrashed()
          && isRunning(ChildType.CHECKPOINTER)
          && System.nanoTime() - deadline < 0) {
        wait(100);
      }
    }
    signal(walSender, Signal.SIGUSR2);
    if (!awaitEnd(checkpointer.negate())) {
      signal(checkpointer.negate(), Signal.SIGTERM);
      awaitEnd(checkpointer.negate());
    }
    signal(checkpointer, Signal.SIGUSR2);
    awaitEnd(checkpointer);
  }

  private void signal(Predicate<Child> which, int signal) {
    children.values().stream().filter(which).forEach(child -> child.signal(signal));
  }

  /**
   * Waits for all children to end after a crash.
   *
   * @return false if one still runs: then nobody else may work on the cluster's files
   */
  boolean awaitEndAfterCrash() {
    boolean ended = awaitEnd(child -> true);
    clock.close();
    return ended;
  }

  private boolean awaitEnd(Predicate<Child> which) {
    long deadline = System.nanoTime() + END_TIMEOUT.toNanos();
    boolean all = true;
    List<Child> awaited = children.values().stream().filter(which).toList();
    for (Child child : awaited) {
      try {
        Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
        if (!child.awaitEnd(left)) {
          LOG.warn("{} did not end in time", child);
          all = false;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return all;
  }

  // ---- for the children ----

  /**
   * kill() of a child; the caller has the interpreter lock.
   *
   * @param signal 0 only asks whether there is such a process
   * @param memory the caller's, to see shared memory with
   * @return whether there is such a process
   */
  boolean signal(int targetPid, int signal, LinearMemory memory) {
    if (targetPid == pid) {
      handleSignal(signal, memory);
      return true;
    }
    Child child = children.get(targetPid);
    if (child != null && signal != 0) {
      child.signal(signal);
    }
    return child != null;
  }

  private void handleSignal(int signal, LinearMemory memory) {
    if (signal == Signal.SIGHUP) {
      image.reload();
      signal(child -> true, Signal.SIGHUP);
      startMissingLauncher();
    } else if (signal == Signal.SIGUSR1) {
      int state = memory.readInt(symbols().of("PMSignalState"));
      for (PostmasterSignal wish : PostmasterSignal.take(memory, state)) {
        fulfil(wish);
      }
    }
  }

  private void fulfil(PostmasterSignal wish) {
    try {
      switch (wish) {
        case START_AUTOVAC_WORKER -> {
          if (!closing) {
            startAuxiliary(ChildType.AUTOVAC_WORKER);
          }
        }
        case START_AUTOVAC_LAUNCHER -> {
          if (!closing && !isRunning(ChildType.AUTOVAC_LAUNCHER)) {
            startAuxiliary(ChildType.AUTOVAC_LAUNCHER);
          }
        }
        case XLOG_IS_SHUTDOWN -> {
          synchronized (this) {
            walIsShutDown = true;
            notifyAll();
          }
        }
        default -> LOG.debug("nothing to do for {}", wish);
      }
    } catch (BackendStartException e) {
      LOG.warn("could not start a process for {}: {}", wish, e.getMessage());
    }
  }

  private boolean isRunning(ChildType type) {
    return find(type).isPresent();
  }

  /** The auxiliary process of that type, if it runs. */
  Optional<Child> find(ChildType type) {
    return children.values().stream().filter(child -> child.type() == type).findAny();
  }

  /** May be called again. */
  void ended(Child child) {
    if (children.remove(child.pid()) == null) {
      return;
    }
    slots.giveBack(child.slot());
    if (child.type() == ChildType.AUTOVAC_LAUNCHER) {
      startMissingLauncher(); // somebody has terminated it
    }
  }

  /** What LaunchMissingBackgroundProcesses() (postmaster.c) does for the autovacuum launcher. */
  private void startMissingLauncher() {
    if (!closing && !hasCrashed() && image.vacuumsByItself()) {
      fulfil(PostmasterSignal.START_AUTOVAC_LAUNCHER);
    }
  }

  /**
   * A child died where shared memory may be inconsistent: nobody may go on with it.
   *
   * @param cause the PANIC if PostgreSQL itself has called abort()
   */
  void crashed(Child child, Throwable cause) {
    if (!crash.compareAndSet(null, cause)) {
      return;
    }
    try {
      memory.insistOn(endOfAll);
      memory.insistOn(notice);
      if (cause instanceof BackendStartException) {
        LOG.error("{} panicked; all sessions of this cluster end", child);
      } else {
        LOG.error("{} crashed; all sessions of this cluster end", child, cause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void abortAll() {
    lock.abort();
    children.values().forEach(Child::abort);
  }

  /** Whether a child crashed since the heap was full. */
  boolean ranOutOfMemory() {
    return crash.get() instanceof OutOfMemoryError;
  }

  /** Why a child crashed. */
  String crashReason() {
    return String.valueOf(crash.get().getMessage());
  }

  boolean hasCrashed() {
    return crash.get() != null;
  }

  Symbols symbols() {
    return program.symbols();
  }

  PostmasterImage image() {
    return image;
  }

  ChildSlots childSlots() {
    return slots;
  }

  InterpreterLock lock() {
    return lock;
  }

  Clock clock() {
    return clock;
  }

  /** Puts the files as they are now, when no process runs, into another cluster's tree. */
  void copyFiles(FileTree target) {
    lock.run(() -> target.graft(Engine.DATA_DIRECTORY, program.files(), Engine.DATA_DIRECTORY));
  }

  /** What {@link #resume} begins with, if nobody is connected. */
  PreparedCluster.Moment moment() {
    return new PreparedCluster.Moment(image.state(), segment.copy(), program.sharedMemoryFiles());
  }

  SharedSegment segment() {
    return segment;
  }
}

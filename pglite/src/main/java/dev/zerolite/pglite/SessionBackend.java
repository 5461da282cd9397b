package dev.zerolite.pglite;

import dev.zerolite.pglite.host.ProcessExit;
import dev.zerolite.pglite.host.WasmProcess;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL backend: one wasm process on its own thread, from boot to proc_exit().
 *
 * <p>The thread runs PostgreSQL's main loop for good. It reads its client's bytes through a
 * callback that answers EAGAIN when there are none, whereupon PostgreSQL itself waits in
 * WaitEventSetWait() for the client or its latch, as a native backend does; {@link WaitPoints}
 * turns that into giving up the interpreter lock.
 */
final class SessionBackend implements Backend {
  private static final Logger LOG = LoggerFactory.getLogger(SessionBackend.class);

  /**
   * PostgreSQL's own stack limit (max_stack_depth) counts the wasm stack; Java frames are larger,
   * and only touched pages cost memory. Measured: 64 MB was not always enough, 256 MB was.
   */
  private static final long THREAD_STACK_BYTES = 512L << 20;

  private static final int UNUSED_STACK_BYTES = 4 << 20;

  /**
   * Exit status by which pgl_longjmp() asks for PostgresMainLongJmp(): an ERROR reached the main
   * loop.
   */
  private static final int EXIT_LONGJMP = 100;

  /**
   * Exit status of main() once the single-user backend is ready for pgl_startPGlite(), and of the
   * main loop when the client has sent Terminate or closed its connection.
   */
  private static final int EXIT_PGLITE = 99;

  private final Postmaster postmaster;
  private final int pid;
  private final int cancelKey;
  private final Map<String, String> startup;
  private final Mailbox mailbox = new Mailbox();
  private final OutputBuffer output;
  private final WaitPoints waitPoints;
  private final ServerLog serverLog;
  private final CountDownLatch ready = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread thread;
  private volatile BackendStartException refused;

  SessionBackend(
      Postmaster postmaster,
      int pid,
      boolean first,
      Map<String, String> startup,
      ClientOutput client,
      SecureRandom random) {
    this.postmaster = postmaster;
    this.pid = pid;
    this.cancelKey = random.nextInt();
    this.startup = startup;
    this.output = new OutputBuffer(client, pumpForWalsender(client));
    this.serverLog = new ServerLog(pid);
    this.waitPoints = new WaitPoints(postmaster, this, first, mailbox, output, serverLog);
    this.thread = new Thread(null, this::run, "pglite-backend-" + pid, THREAD_STACK_BYTES);
    thread.setDaemon(true);
  }

  /** Only walsenders: they go on while the client does not read, and cost a thread more. */
  private OutputPump pumpForWalsender(ClientOutput client) {
    return startup.containsKey("replication")
        ? new OutputPump("pglite-output-" + pid, client, () -> mailbox.signal(Signal.SIGURG))
        : null;
  }

  /** Starts the thread and waits until PostgreSQL accepts commands or refuses the session. */
  void boot() throws BackendStartException, InterruptedException {
    thread.start();
    while (!ready.await(1, TimeUnit.SECONDS)) {
      if (over.getCount() == 0) {
        break;
      }
    }
    BackendStartException refusal = refused;
    if (refusal != null) {
      throw refusal;
    }
  }

  // ---- the thread ----

  private void run() {
    try {
      postmaster.lock().acquire(this);
      try {
        serve();
      } finally {
        waitPoints.leave();
      }
    } catch (BackendAborted e) {
      LOG.debug("backend {} has ended", pid);
    } catch (RuntimeException | Error e) {
      postmaster.crashed(this, e);
    } finally {
      end();
    }
  }

  private void serve() {
    WasmProcess process = postmaster.program().newProcess(waitPoints);
    waitPoints.attach(process);
    try {
      bootPostgres(process);
      acceptClient(process);
    } catch (ProcessExit e) {
      LOG.debug("backend {} ended with status {} while it started", pid, e.status());
      return;
    } catch (BackendStartException e) {
      refused = e;
      // It is one of the cluster's processes already: others wait for it until it has left in
      // order.
      process.call("pgx_proc_exit", 1);
    }
    ready.countDown();
    try {
      while (true) {
        mainLoopOnce(process);
      }
    } catch (ProcessExit e) {
      if (e.status() != EXIT_PGLITE) {
        throw e;
      }
      process.call("pgx_proc_exit", 0);
    }
  }

  /**
   * The module reserves 8 MB for the stack, of which PostgreSQL uses max_stack_depth (2 MB) and
   * some slack. Letting the heap begin lower saves every backend half of that.
   */
  private static void shrinkStack(WasmProcess process) {
    int breakPointer = process.call("emscripten_get_sbrk_ptr");
    int top = process.memory().readInt(breakPointer) - UNUSED_STACK_BYTES;
    process.memory().writeI32(breakPointer, top);
    process.setStackPointer(top);
  }

  private void bootPostgres(WasmProcess process) {
    shrinkStack(process);
    process.call("__wasm_call_ctors");
    process.call("pgl_setPGliteActive", 1);
    int system = process.addFunction("ii", arguments -> 1);
    process.call("pgl_set_system_fn", system);
    process.call(
        "pgl_set_rw_cbs",
        process.addFunction("iii", a -> waitPoints.readFromClient((int) a[0], (int) a[1])),
        process.addFunction("iii", a -> waitPoints.writeToClient((int) a[0], (int) a[1])));
    int status =
        process.runMain(
            postmaster.program().arguments(startup.getOrDefault("database", startup.get("user"))));
    if (status != EXIT_PGLITE) {
      throw new ProcessExit(status);
    }
    process.call("pgl_startPGlite");
  }

  /** What BackendMain() does between accepting a socket and PostgresMain()'s loop. */
  private void acceptClient(WasmProcess process) throws BackendStartException {
    byte[] packet = FrontendMessages.startup(startup);
    mailboxPut(packet);
    int status = process.call("ProcessStartupPacket", process.call("pgl_getMyProcPort"), 1, 1);
    if (status != 0) {
      throw new BackendStartException("08P01", "PostgreSQL refused the startup packet");
    }
    output.drain();
    SessionSettings settings = SessionSettings.of(startup, postmaster.superuser());
    logIn(process, settings.login());
    for (String statement : settings.statements()) {
      runQuietly(process, statement);
    }
    if (settings.replication()) {
      process.call("pgx_InitWalSender");
    }
    process.call("pgl_sendConnData");
    process.call("pgl_pq_flush");
    byte[] greeting = output.drain();
    BackendMessages.replaceCancelKey(greeting, cancelKey);
    output.put(greeting, 0, greeting.length);
  }

  private void logIn(WasmProcess process, String statement) throws BackendStartException {
    if (!statement.isEmpty()) {
      try {
        runQuietly(process, statement);
      } catch (BackendStartException e) {
        // As InitializeSessionUserId() (miscinit.c) has it; SET says 22023, invalid parameter
        // value.
        throw new BackendStartException("28000", e.getMessage());
      }
    }
  }

  /** Runs one statement before the client gets to see the session. */
  private void runQuietly(WasmProcess process, String sql) throws BackendStartException {
    mailboxPut(FrontendMessages.query(sql));
    mainLoopOnce(process);
    process.call("PostgresSendReadyForQueryIfNecessary");
    process.call("pgl_pq_flush");
    BackendMessages.throwFirstError(output.drain());
  }

  private void mailboxPut(byte[] bytes) {
    try {
      mailbox.put(bytes, 0, bytes.length);
    } catch (InterruptedException e) {
      throw new IllegalStateException("a backend's thread is never interrupted", e);
    }
  }

  /**
   * One round of PostgresMain()'s loop; an ERROR unwinds to here as the exit that stands for
   * siglongjmp().
   */
  private static void mainLoopOnce(WasmProcess process) {
    int stackPointer = process.stackPointer();
    try {
      process.call("PostgresMainLoopOnce");
    } catch (ProcessExit e) {
      process.setStackPointer(stackPointer);
      if (e.status() != EXIT_LONGJMP) {
        throw e;
      }
      process.call("PostgresMainLongJmp");
    }
  }

  private void end() {
    if (refused == null && ready.getCount() > 0) {
      refused = serverLog.refusal(postmaster.isClosing());
    }
    try {
      if (postmaster.hasCrashed() && ready.getCount() == 0) {
        byte[] message =
            BackendMessages.fatal(
                "57P02", "terminating connection because of crash of another server process");
        output.put(message, 0, message.length);
      }
      output.finish();
    } catch (RuntimeException e) {
      LOG.warn("the last bytes of {} were not sent", this, e);
    } finally {
      postmaster.ended(this);
      mailbox.close();
      over.countDown();
      ready.countDown();
    }
  }

  // ---- other threads ----

  /** Leaves a signal for the backend and wakes it if it waits. */
  void signal(int signal) {
    mailbox.signal(signal);
    waitPoints.requestInterrupt();
  }

  /**
   * The clock's question whether this backend, which has run for a slice, should let others run.
   */
  void sliceEnded() {
    if (postmaster.lock().contended() || mailbox.signalled() || waitPoints.hasUnsentOutput()) {
      waitPoints.requestInterrupt();
    }
  }

  /** The cluster gives up: the thread unwinds as soon as it waits for anything. */
  void abort() {
    mailbox.close();
    waitPoints.requestInterrupt();
  }

  String describe() {
    return "backend %d (%s)"
        .formatted(pid, startup.getOrDefault("application_name", startup.get("user")));
  }

  @Override
  public int pid() {
    return pid;
  }

  @Override
  public int cancelKey() {
    return cancelKey;
  }

  @Override
  public void receive(byte[] bytes, int offset, int length) throws InterruptedException {
    mailbox.put(bytes, offset, length);
  }

  @Override
  public void disconnect() {
    mailbox.end();
  }

  @Override
  public void cancel() {
    signal(Signal.SIGINT);
  }

  @Override
  public void terminate() {
    signal(Signal.SIGTERM);
  }

  @Override
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return over.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public String toString() {
    return describe();
  }
}

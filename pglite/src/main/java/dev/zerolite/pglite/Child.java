package dev.zerolite.pglite;

import dev.zerolite.pglite.host.ProcessExit;
import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A child of the postmaster, a client backend or an auxiliary process: a wasm process on its own
 * thread, from fork() to proc_exit().
 *
 * <p>The thread runs PostgreSQL's own main function for that type of child. A backend reads its
 * client's bytes through a callback that answers EAGAIN when there are none, whereupon PostgreSQL
 * itself waits in WaitEventSetWait() for the client or its latch, as a native backend does; {@link
 * WaitPoints} turns that into giving up the interpreter lock.
 */
final class Child implements Backend, Contender {
  private static final Logger LOG = LoggerFactory.getLogger(Child.class);

  /**
   * PostgreSQL's own stack limit (max_stack_depth) counts the wasm stack; Java frames are larger,
   * and only touched pages cost memory. Measured: 64 MB was not always enough, 256 MB was.
   */
  static final long THREAD_STACK_BYTES = 512L << 20;

  /** Sizes and offsets of launch_backend.c and pmsignal.c, 32-bit. */
  private static final int KIND_SIZE = 12;

  private static final int KIND_MAIN_FUNCTION = 4;

  /** backend_startup.h: CAC_state, then socket_created at 8 and fork_started at 16. */
  private static final int STARTUP_DATA_SIZE = 24;

  // offsets in ConnectionTiming (backend_startup.h)
  private static final int TIMING_FORK_START = 16;
  private static final int TIMING_FORK_END = 24;

  private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

  private final Postmaster postmaster;
  private final ChildType type;
  private final int pid;
  private final int slot;
  private final ClientAddress client;
  private final Mailbox mailbox;
  private final OutputBuffer output;
  private final WaitPoints waitPoints;
  private final ServerLog serverLog;
  private final Instant created = Instant.now();
  private final CountDownLatch over = new CountDownLatch(1);
  private final ScarceMemory scarceMemory = new ScarceMemory();
  private final ScarceMemory.Work<RuntimeException> departure;
  private final Thread thread;
  private volatile LinearMemory memory;
  private volatile boolean succeeded;

  /**
   * @param slot the child's number among the postmaster's children, from 1
   * @param client whose backend it is; null for an auxiliary process
   */
  Child(
      Postmaster postmaster,
      ChildType type,
      int pid,
      int slot,
      ClientAddress client,
      ClientOutput clientOutput) {
    this.postmaster = postmaster;
    this.type = type;
    this.pid = pid;
    this.slot = slot;
    this.client = client;
    Optional<ClientInput> input = clientOutput.input();
    this.mailbox = new Mailbox(input);
    this.departure =
        () -> {
          mailbox.close();
          postmaster.ended(this);
        };
    this.output = new OutputBuffer(clientOutput, input.isPresent(), postmaster.clock());
    this.serverLog = new ServerLog(pid);
    this.waitPoints = new WaitPoints(postmaster, this, mailbox, output, serverLog);
    String name = type == ChildType.BACKEND ? "backend" : type.title().replace(' ', '-');
    this.thread = new Thread(null, this::run, "pglite-" + name + "-" + pid, THREAD_STACK_BYTES);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  // ---- the thread ----

  private void run() {
    try {
      Instant forkStart = Instant.now();
      WasmProcess process = fork();
      if (process == null) {
        return;
      }
      waitPoints.attach(process);
      memory = process.memory();
      waitPoints.enter();
      try {
        runMainFunction(process, forkStart);
      } catch (BackendAborted e) {
        throw e;
      } catch (RuntimeException | Error e) {
        // before the lock goes to the next one, who would wait for what this one holds for ever
        postmaster.lock().abort();
        throw e;
      } finally {
        waitPoints.leave();
        memory = null;
      }
      // only then: what a crash leaves behind may still be looked at
      process.release();
    } catch (BackendAborted e) {
      LOG.debug("{} was ended", this);
    } catch (RuntimeException | Error e) {
      postmaster.crashed(this, serverLog.panic().isPresent() ? serverLog.panic().get() : e);
    } finally {
      end();
    }
  }

  /** Null if there is no memory for another process, which concerns nobody else yet. */
  private WasmProcess fork() {
    try {
      return postmaster.image().fork(waitPoints, waitPoints);
    } catch (OutOfMemoryError e) {
      if (type.isIndispensable()) {
        throw e;
      }
      LOG.warn("{} was not started: {}", this, e.getMessage());
      byte[] message = BackendMessages.fatal("53200", "out of memory");
      output.put(message, 0, message.length);
      return null;
    }
  }

  private void runMainFunction(WasmProcess process, Instant forkStart) {
    Symbols symbols = postmaster.symbols();
    initPostmasterChild(process, symbols);
    int kind = symbols.of("child_process_kinds") + type.backendType() * KIND_SIZE;
    int main = process.memory().readInt(kind + KIND_MAIN_FUNCTION);
    int startupData = client == null ? 0 : startupData(process, symbols, forkStart);
    try {
      process.callTable(main, startupData, client == null ? 0 : STARTUP_DATA_SIZE);
      throw new IllegalStateException(type + "'s main function returned");
    } catch (ProcessExit exit) {
      exited(process, exit);
    }
  }

  /** What postmaster_child_launch() (launch_backend.c) does in the child. */
  private void initPostmasterChild(WasmProcess process, Symbols symbols) {
    LinearMemory memory = process.memory();
    memory.writeI32(symbols.of("MyProcPid"), pid);
    memory.writeByte(symbols.of("IsUnderPostmaster"), (byte) 1);
    memory.writeI32(symbols.of("MyBackendType"), type.backendType());
    memory.writeI32(symbols.of("MyPMChildSlot"), slot);
    postmaster.childSlots().assign(memory, slot);
    process.call("pgx_InitProcessGlobals");
    process.call("pgx_InitializeWaitEventSupport");
    process.call("pgx_InitLatch", memory.readInt(symbols.of("MyLatch")));
  }

  /**
   * The structs BackendStartupData (backend_startup.h) of this backend, its MyClientSocket, and
   * what ConnectionTiming has of times before its main function.
   */
  private int startupData(WasmProcess process, Symbols symbols, Instant forkStart) {
    LinearMemory memory = process.memory();
    int clientSocket = process.call("malloc", ClientAddress.SIZE);
    client.write(memory, clientSocket, WaitPoints.CLIENT_SOCKET);
    memory.writeI32(symbols.of("MyClientSocket"), clientSocket);
    memory.writeByte(symbols.of("send_ready_for_query"), (byte) 1);
    int data = process.call("malloc", STARTUP_DATA_SIZE);
    memory.writeLong(data, 0); // CAC_OK
    memory.writeLong(data + 8, timestamp(created));
    memory.writeLong(data + 16, timestamp(forkStart));
    int timing = symbols.of("conn_timing");
    memory.writeLong(timing, timestamp(created));
    memory.writeLong(timing + TIMING_FORK_START, timestamp(forkStart));
    memory.writeLong(timing + TIMING_FORK_END, timestamp(Instant.now()));
    return data;
  }

  /** A TimestampTz (timestamp.h). */
  static long timestamp(Instant instant) {
    return POSTGRES_EPOCH.until(instant, ChronoUnit.MICROS);
  }

  /** Called by its own thread once there is a MyProcPort. */
  void describeSocket() {
    client.describe(memory, memory.readInt(postmaster.symbols().of("MyProcPort")));
  }

  private void exited(WasmProcess process, ProcessExit exit) {
    postmaster.childSlots().release(process.memory(), slot);
    succeeded = exit.status() == 0;
    if (exit.status() > 1) {
      // as for a postmaster: it has not cleaned up after itself
      throw exit;
    }
  }

  private void end() {
    try {
      if (postmaster.hasCrashed() && client != null) {
        byte[] message =
            BackendMessages.fatal(
                "57P02", "terminating connection because of crash of another server process");
        output.put(message, 0, message.length);
      }
      output.finish();
    } catch (RuntimeException e) {
      LOG.warn("the last bytes of {} were not sent", this, e);
    } finally {
      depart();
    }
  }

  /** Whoever waits for the end must not wait for ever. */
  private void depart() {
    try {
      scarceMemory.insistOn(departure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      over.countDown();
    }
  }

  // ---- other threads ----

  ChildType type() {
    return type;
  }

  int slot() {
    return slot;
  }

  /** After the end: whether the exit status was 0. */
  boolean succeeded() {
    return succeeded;
  }

  /** Why it failed, as far as its log tells. */
  BackendStartException failure() {
    return serverLog.refusal();
  }

  /** Whether the backend's client has asked for replication. */
  boolean isWalSender() {
    LinearMemory current = memory;
    return current != null
        && current.readIntOpaque(postmaster.symbols().myBackendType) == ChildType.B_WAL_SENDER;
  }

  /** A walsender that has a slot: what it sends is for a consumer that does not wait for it. */
  @Override
  public boolean isPatient() {
    LinearMemory own = memory;
    return own != null
        && isWalSender()
        && own.readIntOpaque(postmaster.symbols().myReplicationSlot) != 0;
  }

  @Override
  public boolean isBackground() {
    return type.isBackground();
  }

  /**
   * SetLatch() on this process's own latch, by another process. Needs the interpreter lock.
   *
   * @param callers that process's memory
   */
  void setLatch(LinearMemory callers) {
    LinearMemory own = memory;
    int latch = own == null ? 0 : own.readIntOpaque(postmaster.symbols().of("MyLatch"));
    // Until it has a PGPROC, its latch is in its private memory, and it is not waiting.
    if (latch < 0) {
      callers.writeI32(latch, 1);
      signal(Signal.SIGURG);
    }
  }

  /** Leaves a signal for the process and wakes it if it waits. */
  void signal(int signal) {
    mailbox.signal(signal);
    waitPoints.requestInterrupt();
    if (signal == Signal.SIGTERM) {
      output.sessionEnds();
    }
  }

  /**
   * The clock's question whether this process, which has run for a slice, should let others run.
   */
  @Override
  public void sliceEnded() {
    if (postmaster.lock().contended() || mailbox.signalled() || waitPoints.hasUnsentOutput()) {
      waitPoints.requestInterrupt();
    }
  }

  @Override
  public void makeWay() {
    waitPoints.requestInterrupt();
  }

  /** The cluster gives up: the thread unwinds as soon as it waits for anything. */
  void abort() {
    mailbox.close();
    waitPoints.requestInterrupt();
    output.sessionEnds();
  }

  @Override
  public int pid() {
    return pid;
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
    serverLog.expectEnd();
    signal(Signal.SIGTERM);
  }

  @Override
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return over.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public String toString() {
    return type.title() + " " + pid;
  }
}

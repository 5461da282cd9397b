package dev.zerolite.pglite;

import dev.zerolite.pglite.host.HostCall;
import dev.zerolite.pglite.host.ProcessHooks;
import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.CollationKeywords;
import dev.zerolite.pglite.server.Locales;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.concurrent.TimeUnit;

/**
 * Where a backend's wasm code meets the cluster: the places the build patched into PostgreSQL to
 * wait, sleep, send signals, share memory and end. Runs on the backend's thread, which holds the
 * interpreter lock whenever wasm code runs.
 *
 * <p>The lock is given up only where a native backend could be descheduled without anyone noticing:
 * no LWLock held, no critical section.
 */
final class WaitPoints implements ProcessHooks, PostmasterImage.Callbacks {
  /**
   * The descriptor that PostgreSQL knows its client's socket by; as in PGlite, it is that of
   * standard output, which accepts fcntl() and is not otherwise used.
   */
  static final int CLIENT_SOCKET = 1;

  private static final int ITIMER_REAL = 0;

  /** What emscripten's getpid() answers; kill() takes it for this process. */
  private static final int EMSCRIPTEN_PID = 42;

  /** errno values of emscripten's libc. */
  private static final int EAGAIN = 6;

  private static final int EINTR = 27;
  private static final int EPIPE = 64;
  private static final int ESRCH = 71;

  /** wait_event_types.h: the first after PG_WAIT_CLIENT, ClientRead. */
  private static final int WAIT_EVENT_CLIENT_WRITE = 0x06000001;

  // struct WaitEventSet (waiteventset.c), 32-bit.
  private static final int SET_NEVENTS = 4;
  private static final int SET_LATCH = 16;
  private static final int SET_POLLFDS = 28;

  // struct pollfd
  private static final int POLLFD_SIZE = 8;
  private static final int POLLFD_EVENTS = 4;
  private static final int POLLFD_REVENTS = 6;
  private static final int POLLIN = 1;
  private static final int POLLOUT = 4;
  private static final int POLLRDHUP = 0x2000;

  private final Postmaster postmaster;
  private final Child child;
  private final Mailbox mailbox;
  private final OutputBuffer output;
  private final ServerLog serverLog;
  private final Symbols symbols;

  private WasmProcess process;
  private CheckpointRequests checkpoints;
  private LinearMemory memory;
  private final Patience patience = new Patience(System.nanoTime());
  private boolean holdsLock;

  /** Set while kill() shall do its original work: run this process' own handler. */
  private boolean deliveringToSelf;

  private volatile boolean unsentOutput;

  /** The first read comes right after pq_init(). */
  private boolean socketDescribed;

  WaitPoints(
      Postmaster postmaster, Child child, Mailbox mailbox, OutputBuffer output, ServerLog log) {
    this.postmaster = postmaster;
    this.child = child;
    this.mailbox = mailbox;
    this.output = output;
    this.serverLog = log;
    this.symbols = postmaster.symbols();
  }

  void attach(WasmProcess newProcess) {
    process = newProcess;
    checkpoints = new CheckpointRequests(postmaster, child, process, new CheckpointPause());
    memory = newProcess.memory();
  }

  // ---- ProcessHooks ----

  @Override
  public int hostCall(int a, int b, int c) {
    if (c == HostCall.KILL) {
      return kill(a, b);
    }
    return switch (b) {
      case HostCall.MY_PROC_PID -> child.pid();
      case HostCall.COLLATION_KEYWORDS -> CollationKeywords.translate(process, a);
      case HostCall.INIT_PROCESS -> 0;
      case HostCall.PROCESS_INTERRUPTS -> interruptPoint();
      case HostCall.REQUEST_CHECKPOINT -> checkpoints.request(a);
      case HostCall.UNKNOWN_LOCALE -> Locales.isUnknown(process, a);
      case HostCall.USLEEP -> sleep(Integer.toUnsignedLong(a));
      default -> waitEventSet(a, c);
    };
  }

  @Override
  public void setTimer(int which, double milliseconds) {
    postmaster.clock().setTimer(child, milliseconds);
  }

  @Override
  public void console(int descriptor, byte[] bytes, int offset, int length) {
    serverLog.write(bytes, offset, length);
  }

  // ---- life ----

  /** Called once by the thread before wasm code runs. */
  void enter() {
    postmaster.lock().acquire(child, patience, true);
    holdsLock = true;
    postmaster.segment().attach(memory);
  }

  /**
   * Called once by the thread when it has done with the wasm code. Whoever still knows the child
   * does not keep its memory.
   */
  void leave() {
    postmaster.clock().setTimer(child, 0);
    if (holdsLock) {
      process.close();
      postmaster.segment().detach(memory);
      holdsLock = false;
      postmaster.lock().release(child);
    }
    process = null;
    memory = null;
    checkpoints = null;
  }

  // ---- waiting ----

  private boolean maySwitch() {
    return memory.readInt(symbols.numHeldLwlocks) == 0
        && memory.readInt(symbols.critSectionCount) == 0;
  }

  /**
   * Lets others run while {@code wait} runs without the lock.
   *
   * @param rests whether the process has nothing to do meanwhile
   * @throws IllegalStateException if this process holds a lightweight lock or is in a critical
   *     section: nobody may see shared memory as it is then, so this ends the cluster's life
   */
  private void withoutLock(boolean rests, Runnable wait) {
    if (!maySwitch()) {
      throw new IllegalStateException(child + " waits in a critical section or with an LWLock");
    }
    giveUpLock(rests, wait);
  }

  private void giveUpLock(boolean rests, Runnable wait) {
    holdsLock = false;
    postmaster.lock().release(child);
    if (!output.isEmpty()) {
      unsentOutput = false;
      if (child.isWalSender()) {
        output.doNotWait(
            client ->
                new OutputPump(
                    "pglite-output-" + child.pid(), client, () -> mailbox.signal(Signal.SIGURG)));
      }
      if (!output.flush()) {
        mailbox.end();
      }
    }
    wait.run();
    postmaster.lock().acquire(child, patience, rests);
    holdsLock = true;
    deliverSignals();
  }

  /**
   * poll() inside WaitEventSetWaitBlock(): waits for the client's socket, the latch or the
   * time-out.
   *
   * @return poll()'s result: the number of ready descriptors, 0 when the time is up, -1 with errno
   *     EINTR when the latch is to be looked at again
   */
  private int waitEventSet(int set, int timeoutMillis) {
    deliverSignals();
    if (child.type() == ChildType.WAL_WRITER) {
      checkpoints.requestIfDue();
    }
    int latch = memory.readInt(set + SET_LATCH);
    if (latch != 0 && memory.readInt(latch) != 0) {
      return interrupted();
    }
    long deadline =
        timeoutMillis < 0
            ? Long.MAX_VALUE
            : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    int wanted = wantedFromClient(set);
    int ready = answerClientEvents(set, wanted);
    if (ready > 0) {
      return ready;
    }
    withoutLock(
        (wanted & POLLOUT) == 0, // else it has something to send
        () -> {
          if ((wanted & POLLOUT) == 0 || !output.isEmpty()) {
            await(wanted, deadline);
          }
        });
    latch = memory.readInt(set + SET_LATCH);
    if (latch != 0 && memory.readInt(latch) != 0) {
      return interrupted();
    }
    ready = answerClientEvents(set, wanted);
    if (ready > 0) {
      return ready;
    }
    return System.nanoTime() - deadline >= 0 && timeoutMillis >= 0 ? 0 : interrupted();
  }

  /** What the client's connection has not taken yet is sent meanwhile. */
  private void await(int wanted, long deadline) {
    while (mailbox.await((wanted & POLLIN) != 0, !output.isEmpty(), deadline)) {
      if (!output.flush()) {
        mailbox.end();
      }
      if ((wanted & POLLOUT) != 0 && output.isEmpty()) {
        return;
      }
    }
  }

  private int interrupted() {
    memory.writeI32(symbols.errno, EINTR);
    return -1;
  }

  /** Which events of the client's socket the set asks for. */
  private int wantedFromClient(int set) {
    int wanted = 0;
    int count = memory.readInt(set + SET_NEVENTS);
    int pollfds = memory.readInt(set + SET_POLLFDS);
    for (int i = 0; i < count; i++) {
      int pollfd = pollfds + i * POLLFD_SIZE;
      if (memory.readInt(pollfd) == CLIENT_SOCKET) {
        wanted |= memory.readShort(pollfd + POLLFD_EVENTS);
      }
    }
    return wanted;
  }

  private int answerClientEvents(int set, int wanted) {
    int available =
        ((wanted & POLLIN) != 0 && mailbox.readable() ? POLLIN : 0)
            | (output.isEmpty() ? POLLOUT : 0)
            | ((wanted & POLLRDHUP) != 0 && mailbox.hasEnded() ? POLLRDHUP : 0);
    int ready = 0;
    int count = memory.readInt(set + SET_NEVENTS);
    int pollfds = memory.readInt(set + SET_POLLFDS);
    for (int i = 0; i < count; i++) {
      int pollfd = pollfds + i * POLLFD_SIZE;
      boolean isClient = memory.readInt(pollfd) == CLIENT_SOCKET;
      int events = isClient ? memory.readShort(pollfd + POLLFD_EVENTS) & available : 0;
      memory.writeShort(pollfd + POLLFD_REVENTS, (short) events);
      if (events != 0) {
        ready++;
      }
    }
    return ready;
  }

  /** pg_usleep(). */
  private int sleep(long microseconds) {
    if (!maySwitch()) {
      return 0;
    }
    long deadline = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(microseconds);
    withoutLock(true, () -> await(0, deadline));
    return 1;
  }

  /** How {@link CheckpointRequests} waits. */
  private final class CheckpointPause implements CheckpointRequests.Pause {
    /** Lets others run for a moment, with this process's own interrupts served as CFI does. */
    @Override
    public void pause(long microseconds) {
      if (memory.readInt(symbols.interruptPending) != 0) {
        process.call("ProcessInterrupts");
      }
      sleep(microseconds);
    }

    @Override
    public boolean othersMayRun() {
      return maySwitch();
    }

    @Override
    public void pauseFor(Child checkpointer, long microseconds) {
      postmaster.lock().lend(child, checkpointer);
      try {
        long deadline = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(microseconds);
        giveUpLock(true, () -> await(0, deadline));
      } finally {
        postmaster.lock().endLoan();
      }
    }
  }

  /** CHECK_FOR_INTERRUPTS() with InterruptPending set. */
  private int interruptPoint() {
    if (deliveringToSelf) {
      return 0;
    }
    deliverSignals();
    if (memory.readInt(symbols.interruptHoldoffCount) == 0
        && (postmaster.lock().contended() || !output.isEmpty())
        && maySwitch()) {
      yieldToOthers();
    }
    return 0;
  }

  /**
   * With output to send that may mean waiting for the client, which pg_stat_activity then tells.
   */
  private void yieldToOthers() {
    if (output.isEmpty()) {
      withoutLock(false, () -> {});
      return;
    }
    int waitEvent = memory.readInt(symbols.of("my_wait_event_info"));
    int before = memory.readInt(waitEvent);
    memory.writeI32(waitEvent, WAIT_EVENT_CLIENT_WRITE);
    withoutLock(false, () -> {});
    memory.writeI32(waitEvent, before);
  }

  /** Makes the next CHECK_FOR_INTERRUPTS() call {@link #interruptPoint}; from any thread. */
  void requestInterrupt() {
    LinearMemory target = memory;
    if (target != null) {
      target.writeIntOpaque(symbols.interruptPending, 1);
    }
  }

  boolean hasUnsentOutput() {
    return unsentOutput;
  }

  // ---- signals ----

  /** kill(): other backends get the signal in their mailbox, this one its handler called. */
  private int kill(int targetPid, int signal) {
    if (deliveringToSelf) {
      return 0;
    }
    int target = Math.abs(targetPid);
    boolean exists = true;
    if (target == child.pid() || target == EMSCRIPTEN_PID) {
      deliver(signal);
    } else {
      exists = postmaster.signal(target, signal, memory);
    }
    memory.writeI32(symbols.errno, exists ? 0 : ESRCH);
    return 1;
  }

  private void deliverSignals() {
    int pending = mailbox.takeSignals();
    while (pending != 0) {
      int signal = Integer.numberOfTrailingZeros(pending);
      pending &= pending - 1;
      deliver(signal);
    }
  }

  private void deliver(int signal) {
    if (signal == 0 || signal == Signal.SIGURG) {
      return;
    }
    if (signal == Signal.SIGALRM) {
      process
          .function("_emscripten_timeout")
          .callLong(ITIMER_REAL, Double.doubleToRawLongBits(process.now()));
      return;
    }
    deliveringToSelf = true;
    try {
      process.call("pgx_kill", EMSCRIPTEN_PID, signal);
    } finally {
      deliveringToSelf = false;
    }
  }

  // ---- the client's socket ----

  /** recv(): bytes from the client, 0 at the end of its input, or -1 and EAGAIN. */
  @Override
  public int readFromClient(int address, int length) {
    if (!socketDescribed) {
      socketDescribed = true;
      child.describeSocket();
    }
    int count = mailbox.read(memory.arrayOf(address), LinearMemory.indexOf(address), length);
    if (count < 0) {
      memory.writeI32(symbols.errno, EAGAIN);
    }
    return count;
  }

  /**
   * send(): takes bytes for the client, or -1 and EAGAIN when the client must read first, EPIPE
   * when it is gone.
   */
  @Override
  public int writeToClient(int address, int length) {
    if (output.isBroken()) {
      memory.writeI32(symbols.errno, EPIPE);
      return -1;
    }
    int count = output.put(memory.arrayOf(address), LinearMemory.indexOf(address), length);
    unsentOutput = true;
    if (count < 0) {
      memory.writeI32(symbols.errno, EAGAIN);
    }
    return count;
  }
}

package dev.zerolite.pglite;

import dev.zerolite.pglite.host.ProcessHooks;
import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a backend's wasm code meets the cluster: the places the build patched into PostgreSQL to
 * wait, sleep, send signals, share memory and end. Runs on the backend's thread, which holds the
 * interpreter lock whenever wasm code runs.
 *
 * <p>The lock is given up only where a native backend could be descheduled without anyone noticing:
 * no LWLock held, no critical section.
 */
final class WaitPoints implements ProcessHooks {
  private static final Logger LOG = LoggerFactory.getLogger(WaitPoints.class);

  // Markers that the patched functions pass; see the build's session patches.
  private static final int PROC_KILL = -71;
  private static final int MY_PROC_PID = -72;
  private static final int USLEEP = -73;
  private static final int PROCESS_INTERRUPTS = -74;
  private static final int SHMGET = -75;
  private static final int INIT_PROCESS = -76;
  private static final int STARTUP_XLOG = -77;
  private static final int SHUTDOWN_XLOG = -78;
  private static final int KILL = -79;
  private static final int REGISTER_SYNC_REQUEST = -90;
  private static final int CREATE_CHECKPOINT = -91;

  private static final int ITIMER_REAL = 0;

  /** What emscripten's getpid() answers; kill() takes it for this process. */
  private static final int EMSCRIPTEN_PID = 42;

  /** errno values of emscripten's libc. */
  private static final int EAGAIN = 6;

  private static final int EINTR = 27;

  // struct WaitEventSet (waiteventset.c), 32-bit.
  private static final int SET_NEVENTS = 4;
  private static final int SET_LATCH = 16;
  private static final int SET_LATCH_POSITION = 20;
  private static final int SET_POLLFDS = 28;

  // struct pollfd
  private static final int POLLFD_SIZE = 8;
  private static final int POLLFD_EVENTS = 4;
  private static final int POLLFD_REVENTS = 6;
  private static final int POLLIN = 1;
  private static final int POLLOUT = 4;

  private final Postmaster postmaster;
  private final SessionBackend backend;
  private final boolean first;
  private final Mailbox mailbox;
  private final OutputBuffer output;
  private final ServerLog serverLog;
  private final Symbols symbols;

  private WasmProcess process;
  private LinearMemory memory;
  private boolean holdsLock = true;

  /** Whether the live shared segment is in this memory, so that the lock may be given up. */
  private volatile boolean attachedToSegment;

  /** Set while kill() shall do its original work: run this process' own handler. */
  private boolean deliveringToSelf;

  private volatile boolean unsentOutput;

  WaitPoints(
      Postmaster postmaster,
      SessionBackend backend,
      boolean first,
      Mailbox mailbox,
      OutputBuffer output,
      ServerLog serverLog) {
    this.postmaster = postmaster;
    this.backend = backend;
    this.first = first;
    this.mailbox = mailbox;
    this.output = output;
    this.serverLog = serverLog;
    this.symbols = postmaster.program().symbols();
  }

  void attach(WasmProcess newProcess) {
    process = newProcess;
    memory = newProcess.memory();
  }

  // ---- ProcessHooks ----

  @Override
  public int hostCall(int a, int b, int c) {
    if (c == KILL) {
      return kill(a, b);
    }
    return switch (b) {
      case SHMGET -> postmaster.segment().allocate(memory, first, c);
      case MY_PROC_PID -> backend.pid();
      case INIT_PROCESS -> attachToSegment();
      case STARTUP_XLOG -> first ? 0 : 1;
      case SHUTDOWN_XLOG -> first ? 0 : 1;
      case PROCESS_INTERRUPTS -> interruptPoint();
      case USLEEP -> sleep(Integer.toUnsignedLong(a));
      case PROC_KILL -> procKill();
      case REGISTER_SYNC_REQUEST -> postmaster.syncRequests().register(memory, a, c);
      case CREATE_CHECKPOINT -> postmaster.syncRequests().handTo(process);
      default -> waitEventSet(a, c);
    };
  }

  @Override
  public void setTimer(int which, double milliseconds) {
    postmaster.clock().setTimer(backend, milliseconds);
  }

  @Override
  public void console(int descriptor, byte[] bytes, int offset, int length) {
    serverLog.write(bytes, offset, length);
  }

  // ---- life ----

  /** InitProcess(): from here on this backend is one of the cluster's. */
  private int attachToSegment() {
    postmaster.segment().attach(memory);
    attachedToSegment = true;
    return 0;
  }

  /**
   * The end of ProcKill(): the PGPROC is free; what follows is the postmaster's business, not a
   * backend's. The first backend has written the shutdown checkpoint by now, and the shared memory
   * that it would give back is an array.
   */
  private int procKill() {
    throw new BackendAborted();
  }

  /** Called once by the thread when it has done with the wasm code. */
  void leave() {
    postmaster.clock().setTimer(backend, 0);
    attachedToSegment = false;
    if (holdsLock) {
      if (process != null) {
        process.close();
      }
      holdsLock = false;
      postmaster.lock().release(backend);
    }
  }

  // ---- waiting ----

  private boolean maySwitch() {
    return attachedToSegment
        && memory.readInt(symbols.numHeldLwlocks()) == 0
        && memory.readInt(symbols.critSectionCount()) == 0;
  }

  /** Lets others run while {@code wait} runs without the lock. */
  private void withoutLock(Runnable wait) {
    holdsLock = false;
    postmaster.lock().release(backend);
    if (!output.isEmpty()) {
      unsentOutput = false;
      if (!output.flush()) {
        mailbox.end();
      }
    }
    wait.run();
    postmaster.lock().acquire(backend);
    holdsLock = true;
    postmaster.segment().bringTo(memory);
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
    int latch = memory.readInt(set + SET_LATCH);
    if (latch != 0 && memory.readInt(latch) != 0) {
      return interrupted();
    }
    long deadline =
        timeoutMillis < 0
            ? Long.MAX_VALUE
            : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    int wanted = wantedFromClient(set);
    int ready = answerClientEvents(set);
    if (ready > 0) {
      return ready;
    }
    if (!maySwitch()) {
      LOG.error("{} waits while it holds a lightweight lock", backend);
      throw new IllegalStateException("wait with a lightweight lock held");
    }
    if (first) {
      flushWal();
    }
    withoutLock(
        () -> {
          if ((wanted & POLLOUT) == 0 || !output.isEmpty()) {
            mailbox.await((wanted & POLLIN) != 0, deadline);
          }
        });
    latch = memory.readInt(set + SET_LATCH);
    if (latch != 0 && memory.readInt(latch) != 0) {
      return interrupted();
    }
    ready = answerClientEvents(set);
    if (ready > 0) {
      return ready;
    }
    return System.nanoTime() - deadline >= 0 && timeoutMillis >= 0 ? 0 : interrupted();
  }

  private int interrupted() {
    memory.writeI32(symbols.errno(), EINTR);
    return -1;
  }

  /** Which events of the client's socket the set asks for. */
  private int wantedFromClient(int set) {
    int wanted = 0;
    int count = memory.readInt(set + SET_NEVENTS);
    int pollfds = memory.readInt(set + SET_POLLFDS);
    for (int i = 0; i < count; i++) {
      if (i != latchPosition(set)) {
        wanted |= memory.readShort(pollfds + i * POLLFD_SIZE + POLLFD_EVENTS);
      }
    }
    return wanted;
  }

  private int latchPosition(int set) {
    return memory.readInt(set + SET_LATCH) == 0 ? -1 : memory.readInt(set + SET_LATCH_POSITION);
  }

  private int answerClientEvents(int set) {
    int available = (mailbox.readable() ? POLLIN : 0) | (output.isEmpty() ? POLLOUT : 0);
    int ready = 0;
    int count = memory.readInt(set + SET_NEVENTS);
    int pollfds = memory.readInt(set + SET_POLLFDS);
    for (int i = 0; i < count; i++) {
      int pollfd = pollfds + i * POLLFD_SIZE;
      int events =
          i == latchPosition(set) ? 0 : memory.readShort(pollfd + POLLFD_EVENTS) & available;
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
    flushWal(); // who sleeps may be waiting for WAL, as read_local_xlog_page() does
    long deadline = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(microseconds);
    withoutLock(() -> mailbox.await(false, deadline));
    return 1;
  }

  /** CHECK_FOR_INTERRUPTS() with InterruptPending set. */
  private int interruptPoint() {
    if (deliveringToSelf) {
      return 0;
    }
    deliverSignals();
    if (memory.readInt(symbols.interruptHoldoffCount()) == 0
        && (postmaster.lock().contended() || !output.isEmpty())
        && maySwitch()) {
      withoutLock(() -> {});
    }
    return 0;
  }

  /** Makes the next CHECK_FOR_INTERRUPTS() call {@link #interruptPoint}; from any thread. */
  void requestInterrupt() {
    LinearMemory target = memory;
    if (attachedToSegment && target != null) {
      target.writeIntOpaque(symbols.interruptPending(), 1);
    }
  }

  boolean hasUnsentOutput() {
    return unsentOutput;
  }

  /**
   * Writes out the WAL that nobody waited for: asynchronous commits, aborts, snapshots of running
   * transactions; what a walwriter does. The first backend does it after each look of {@link
   * Maintenance}, a second after the last activity.
   *
   * <p>Not for a walsender's waits: the broadcast to walsenders takes the caller itself off the
   * condition variable it is about to sleep on (ConditionVariableBroadcast), and the next commit
   * would not wake it.
   */
  private void flushWal() {
    process.call("pgx_XLogBackgroundFlush");
  }

  // ---- signals ----

  /** kill(): other backends get the signal in their mailbox, this one its handler called. */
  private int kill(int targetPid, int signal) {
    if (deliveringToSelf) {
      return 0;
    }
    int target = Math.abs(targetPid);
    if (target == backend.pid() || target == EMSCRIPTEN_PID) {
      deliver(signal);
    } else if (target == 0 && signal == Signal.SIGHUP) {
      // PostmasterPid of who has no postmaster: pg_reload_conf(), which a postmaster hands on
      postmaster.signalAll(signal);
    } else if (signal != 0) {
      postmaster.signal(target, signal);
    }
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
  int readFromClient(int address, int length) {
    int count = mailbox.read(memory.arrayOf(address), LinearMemory.indexOf(address), length);
    if (count < 0) {
      memory.writeI32(symbols.errno(), EAGAIN);
    }
    return count;
  }

  /** send(): takes bytes for the client, or -1 and EAGAIN when the client must read first. */
  int writeToClient(int address, int length) {
    int count = output.put(memory.arrayOf(address), LinearMemory.indexOf(address), length);
    unsentOutput = true;
    if (count < 0) {
      memory.writeI32(symbols.errno(), EAGAIN);
    }
    return count;
  }
}

package dev.zerolite.pglite;

import dev.zerolite.pglite.fs.ErrnoException;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.host.HostCall;
import dev.zerolite.pglite.host.HostFault;
import dev.zerolite.pglite.host.ProcessExit;
import dev.zerolite.pglite.host.ProcessHooks;
import dev.zerolite.pglite.host.ProcessState;
import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.Locales;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.time.Instant;

/**
 * The process whose memory the postmaster's children begin with: settings read, shared memory made,
 * not yet anyone in it. fork() copies a process with its stack, which Java cannot; so this one is
 * stopped where its stack no longer matters, when it would become a backend itself.
 *
 * <p>It is booted as a single-user backend, whose path is that of PostmasterMain() but for the
 * listening sockets, and then told that it is a postmaster.
 */
final class PostmasterImage {
  /** waiteventset.h */
  private static final int WL_EXIT_ON_PM_DEATH = 1 << 5;

  /** GucContext (guc.h) */
  private static final int PGC_POSTMASTER = 1;

  private static final int PGC_SIGHUP = 2;

  /** GucSource (guc.h) */
  private static final int PGC_S_DYNAMIC_DEFAULT = 1;

  private static final int PGC_S_ARGV = 4;

  /** What the module reserves for the stack: emscripten's STACK_SIZE in PGlite's build. */
  private static final int RESERVED_STACK_BYTES = 8 << 20;

  /**
   * What it gets: room for max_stack_depth (2 MB by default) and PostgreSQL's slop (512 kB). The
   * heap begins lower, which saves every process the rest.
   */
  private static final int STACK_BYTES = 3 << 20;

  private final PostgresProgram program;
  private final SharedSegment segment;
  private final int pid;
  private final ServerLog log;
  private WasmProcess process;

  PostmasterImage(PostgresProgram program, SharedSegment segment, int pid) {
    this.program = program;
    this.segment = segment;
    this.pid = pid;
    this.log = new ServerLog(pid);
  }

  /**
   * Boots the process; needs a thread with a deep stack.
   *
   * @throws BackendStartException if PostgreSQL does not get that far; the message says why
   */
  void boot() throws BackendStartException {
    program.requireRoomForBuffers();
    Hooks hooks = new Hooks();
    process = program.newProcess(hooks);
    hooks.memory = process.memory();
    int breakPointer = process.call("emscripten_get_sbrk_ptr");
    int top = process.memory().readInt(breakPointer) - (RESERVED_STACK_BYTES - STACK_BYTES);
    process.memory().writeI32(breakPointer, top);
    process.setStackPointer(top);
    process.call("__wasm_call_ctors");
    process.memory().writeI32(program.symbols().of("stack_depth_rlimit"), STACK_BYTES);
    connectCallbacks(new Callbacks.None());
    try {
      process.runMain(program.arguments());
      throw log.refusal();
    } catch (HostFault e) {
      if (!log.saysThatConfigurationCannotBeRead()) {
        throw e;
      }
      throw new BackendStartException("F0000", log.lastLog() + "; it may be a directory");
    } catch (Booted booted) {
      becomePostmaster();
    }
  }

  /**
   * Begins where the prepared postmaster stood, and puts right what is different now.
   *
   * @throws BackendStartException if a setting is refused; the message says why
   */
  void restore(PreparedCluster prepared, PreparedCluster.Moment moment)
      throws BackendStartException {
    Hooks hooks = new Hooks();
    process = program.restoreProcess(hooks, moment.process());
    hooks.memory = process.memory();
    segment.adopt(moment.shared());
    program.mountSharedMemory(segment, moment.sharedFiles());
    segment.attach(process.memory());
    addCallbacks(process, new Callbacks.None());
    LinearMemory memory = process.memory();
    memory.writeI32(program.symbols().of("MyProcPid"), pid);
    memory.writeI32(program.symbols().of("PostmasterPid"), pid);
    Instant now = Instant.now();
    memory.writeLong(prepared.places().startTime(), Child.timestamp(now));
    memory.writeLong(prepared.places().reloadTime(), Child.timestamp(now));
    program
        .files()
        .writeFile(Engine.DATA_DIRECTORY + "/postmaster.pid", prepared.lockFile(now), 0600);
    try {
      prepared.changed(program.settings()).forEach(this::set);
    } catch (ProcessExit e) {
      throw log.refusal();
    }
    if (!program.trustsEveryone()) {
      readHostBasedAuthentication();
    }
  }

  /**
   * As an argument of the postmaster's would be, which wins over files at every reload, too; or as
   * a default, which any file wins over.
   */
  private void set(String name, String value) {
    int source = program.isDefault(name) ? PGC_S_DYNAMIC_DEFAULT : PGC_S_ARGV;
    int nameAddress = process.mallocString(name);
    int valueAddress = process.mallocString(value);
    process.call("SetConfigOption", nameAddress, valueAddress, PGC_POSTMASTER, source);
    process.call("free", nameAddress);
    process.call("free", valueAddress);
  }

  /** The process as it is, without the memory that it shares. */
  synchronized ProcessState state() {
    return process.state();
  }

  private void becomePostmaster() throws BackendStartException {
    LinearMemory memory = process.memory();
    Symbols symbols = program.symbols();
    memory.writeByte(symbols.of("IsPostmasterEnvironment"), (byte) 1);
    memory.writeI32(symbols.of("PostmasterPid"), pid);
    // What on_exit_reset() does for a child: the callbacks so far are the postmaster's own.
    memory.writeI32(symbols.of("before_shmem_exit_index"), 0);
    memory.writeI32(symbols.of("on_shmem_exit_index"), 0);
    memory.writeI32(symbols.of("on_proc_exit_index"), 0);
    // A child's LatchWaitSet has a second member, and WaitLatch() relies on it.
    process.call(
        "AddWaitEventToSet",
        memory.readInt(symbols.of("LatchWaitSet")),
        WL_EXIT_ON_PM_DEATH,
        -1,
        0,
        0);
    program
        .settings()
        .forEach(
            (name, value) -> {
              if (program.isDefault(name)) {
                set(name, value);
              }
            });
    readHostBasedAuthentication();
  }

  private void readHostBasedAuthentication() throws BackendStartException {
    if (process.call("pgx_load_hba") == 0) {
      throw new BackendStartException("F0000", "could not load pg_hba.conf: " + log.lastLog());
    }
  }

  /**
   * Makes the process that a child begins as; it stands where a forked child stands before
   * InitPostmasterChild().
   */
  synchronized WasmProcess fork(ProcessHooks hooks, Callbacks callbacks) {
    WasmProcess child = process.fork(hooks);
    program.install(child);
    addCallbacks(child, callbacks);
    child.inheritLibraries(process);
    return child;
  }

  /** What a postmaster does on SIGHUP. Needs the interpreter lock. */
  synchronized void reload() {
    process.memory().writeI32(program.symbols().of("MyProcPid"), pid);
    process.call("ProcessConfigFile", PGC_SIGHUP);
    try {
      readHostBasedAuthentication();
    } catch (BackendStartException e) {
      log.warn("pg_hba.conf was not reloaded");
    }
  }

  /** AutoVacuumingActive(). */
  synchronized boolean vacuumsByItself() {
    return isOn("autovacuum") && isOn("track_counts");
  }

  private boolean isOn(String setting) {
    int name = process.mallocString(setting);
    int value = process.call("GetConfigOption", name, 0, 0);
    process.call("free", name);
    return process.string(value).equals("on");
  }

  LinearMemory memory() {
    return process.memory();
  }

  /** What PostgreSQL calls for its client's socket, and for the shell. */
  interface Callbacks {
    int readFromClient(int address, int length);

    int writeToClient(int address, int length);

    /** For a process without a client. */
    final class None implements Callbacks {
      @Override
      public int readFromClient(int address, int length) {
        return 0;
      }

      @Override
      public int writeToClient(int address, int length) {
        return length;
      }
    }
  }

  private record Slots(int system, int read, int write) {}

  private static Slots addCallbacks(WasmProcess process, Callbacks callbacks) {
    return new Slots(
        process.addFunction("ii", arguments -> 1),
        process.addFunction("iii", a -> callbacks.readFromClient((int) a[0], (int) a[1])),
        process.addFunction("iii", a -> callbacks.writeToClient((int) a[0], (int) a[1])));
  }

  private void connectCallbacks(Callbacks callbacks) {
    Slots slots = addCallbacks(process, callbacks);
    process.call("pgl_set_system_fn", slots.system());
    process.call("pgl_set_rw_cbs", slots.read(), slots.write());
  }

  /** Unwinds main() at the start of InitProcess(). */
  private static final class Booted extends RuntimeException {
    Booted() {
      super("the postmaster's process is ready", null, false, false);
    }
  }

  private final class Hooks implements ProcessHooks {
    private LinearMemory memory;

    @Override
    public int hostCall(int a, int b, int c) {
      if (c == HostCall.KILL) {
        return 1; // it has no one to signal
      }
      return switch (b) {
        case HostCall.MY_PROC_PID -> pid;
        case HostCall.SHMGET -> sharedMemory(c);
        case HostCall.INIT_PROCESS -> throw new Booted();
        case HostCall.UNKNOWN_LOCALE -> Locales.isUnknown(process, a);
        default -> 0;
      };
    }

    private int sharedMemory(int size) {
      segment.attach(memory);
      try {
        return segment.allocate(size);
      } catch (ErrnoException e) {
        throw new OutOfMemoryError(
            "%d bytes of shared memory".formatted(Integer.toUnsignedLong(size)));
      }
    }

    @Override
    public void setTimer(int which, double milliseconds) {
      // nothing that it runs has a time-out
    }

    @Override
    public void console(int descriptor, byte[] bytes, int offset, int length) {
      log.write(bytes, offset, length);
    }
  }
}

package dev.zerolite.pglite.build.patch;

import static dev.zerolite.pglite.build.patch.Code.code;
import static dev.zerolite.pglite.build.patch.FunctionLocator.containing;
import static dev.zerolite.pglite.build.patch.FunctionLocator.exported;
import static dev.zerolite.pglite.build.patch.FunctionLocator.mentioning;
import static dev.zerolite.pglite.build.patch.Patch.atStart;
import static dev.zerolite.pglite.build.patch.Patch.replace;

import java.util.List;

/**
 * The changes that make a backend out of PostgreSQL's single-user mode.
 *
 * <p>Each backend boots as if it were alone, but on the cluster's live files and with the cluster's
 * live shared memory, which the host copies in when asked. All questions to the host go through one
 * import, marked by a negative number; the host's side is {@code dev.zerolite.pglite.WaitPoints}.
 *
 * <p>The module is PostgreSQL 18 built by emscripten, where getpid() is compiled to 42.
 */
final class SessionPatches {
  private static final int GETPID = 42;

  // The markers. They are no valid pointers, counts or timeouts of poll(2).
  private static final int PROC_KILL = -71;
  private static final int MY_PROC_PID = -72;
  private static final int USLEEP = -73;
  private static final int PROCESS_INTERRUPTS = -74;
  private static final int SHMGET = -75;
  private static final int INIT_PROCESS = -76;
  private static final int STARTUP_XLOG = -77;
  private static final int SHUTDOWN_XLOG = -78;
  private static final int KILL = -79;

  private SessionPatches() {}

  /** host(0, marker, 0) */
  private static Code ask(int marker) {
    return code().i32Const(0).i32Const(marker).i32Const(0).callHost();
  }

  private static Code tell(int marker) {
    return ask(marker).drop();
  }

  private static Code returnIfHostSaysSo(int marker) {
    return ask(marker).ifThen().ret().end();
  }

  // ---- where things are ----

  private static final FunctionLocator INIT_PROCESS_FUNCTION =
      mentioning("you already exist", "sorry, too many clients already");

  private static final FunctionLocator PROC_KILL_FUNCTION =
      mentioning("ProcKill() called in child process");

  private static final FunctionLocator PROC_EXIT_FUNCTION =
      mentioning("proc_exit() called in child process");

  private static final FunctionLocator LOCAL_EXECUTE_INVALIDATION_MESSAGE =
      mentioning("unrecognized SI message ID: %d");

  /** int kill(pid_t, int) of emscripten's libc: all it can do is raise(sig) for its own pid. */
  private static final FunctionLocator KILL_FUNCTION =
      containing(
          code()
              .localGet(0)
              .i32Const(GETPID)
              .i32Eq()
              .ifThen()
              .localGet(1)
              .captureCall("raise")
              .ret());

  /** Variables that the host reads or writes, or that the patches below mention. */
  static final List<Variable> VARIABLES =
      List.of(
          // globals.c, proc.c: exported
          Variable.exported("MyProc"),
          Variable.exported("MyProcPid"),
          Variable.exported("MyLatch"),
          Variable.exported("InterruptPending"),
          Variable.exported("QueryCancelPending"),
          Variable.exported("ProcDiePending"),
          Variable.exported("InterruptHoldoffCount"),
          Variable.exported("CritSectionCount"),
          // globals.c; ProcKill sets it to INVALID_PROC_NUMBER and clears MyProc
          Variable.usedBy(
              "MyProcNumber",
              PROC_KILL_FUNCTION,
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Const(-1)
                  .i32Store(0)
                  .addressOf("MyProc")
                  .i32Const(0)
                  .i32Store(0)),
          // proc.c; InitProcess begins with "if (ProcGlobal == NULL) elog; if (MyProc) elog"
          Variable.usedBy(
              "ProcGlobal",
              INIT_PROCESS_FUNCTION,
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Load(0)
                  .ifThen()
                  .addressOf("MyProc")
                  .i32Load(0)),
          // lwlock.c; LWLockHeldByMe loops below it
          Variable.usedBy(
              "num_held_lwlocks",
              exported("LWLockHeldByMe"),
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Load(0)
                  .captureLocalTee("count")
                  .i32Const(0)
                  .i32LeS()),
          // dsm.c; dsm_attach loops over dsm_control->nitems
          Variable.usedBy(
              "dsm_control",
              exported("dsm_attach"),
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Load(0)
                  .captureLocalTee("control")
                  .i32Load(4)
                  .captureLocalTee("nitems")
                  .i32Eqz()),
          Variable.usedBy(
              "errno", exported("__errno_location"), code().captureConst(Variable.ADDRESS).end()),
          // inval.c; the last loop before elog(FATAL, "unrecognized SI message ID")
          Variable.usedBy(
              "relsync_callback_count",
              LOCAL_EXECUTE_INVALIDATION_MESSAGE,
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Load(0)
                  .i32LtS()
                  .brIf(0)
                  .end()
                  .br(2)
                  .end()
                  .i32Const(22)),
          Variable.usedBy(
              "relsync_callback_list",
              LOCAL_EXECUTE_INVALIDATION_MESSAGE,
              code()
                  .i32Const(3)
                  .i32Shl()
                  .captureConst(Variable.ADDRESS)
                  .i32Add()
                  .captureLocalTee("callback")
                  .i32Load(4)
                  .captureLocalGet("relation")
                  .captureLocalGet("callback")
                  .i32Load(0)
                  .anyCallIndirect()
                  .captureLocalGet("i")
                  .i32Const(1)
                  .i32Add()
                  .captureLocalTee("i")
                  .addressOf("relsync_callback_count")));

  /** Internal functions that the host calls. */
  static final List<AddedExport> EXPORTS =
      List.of(
          new AddedExport("pgx_kill", KILL_FUNCTION),
          new AddedExport("pgx_proc_exit", PROC_EXIT_FUNCTION),
          // with InitWalSenderSlot inlined, whose name its spinlocks carry
          new AddedExport("pgx_InitWalSender", mentioning("walsender.c", "InitWalSenderSlot")),
          new AddedExport("pgx_XLogBackgroundFlush", mentioning("xlog.c", "XLogBackgroundFlush")));

  /** The patches, in the order in which a backend's life meets them. */
  static final List<Patch> PATCHES =
      List.of(
          replace(
              "InitProcessGlobals",
              "src/backend/postmaster/postmaster.c",
              "A backend's pid is what the host says. It must be right this early: the local latch"
                  + " remembers its owner's pid.",
              exported("__main_argc_argv"),
              code().addressOf("MyProcPid").i32Const(GETPID).i32Store(0),
              code().addressOf("MyProcPid").then(ask(MY_PROC_PID)).i32Store(0)),
          replace(
              "pgl_shmget",
              "pglite-wasm/pglitec.c",
              "The segment must lie at the same address in every backend, since it holds pointers"
                  + " to itself: the host chooses it.",
              exported("pgl_shmget"),
              code().localGet(4).call("malloc"),
              code().i32Const(0).i32Const(SHMGET).localGet(4).callHost()),
          atStart(
              "InitProcess",
              "src/backend/storage/lmgr/proc.c",
              "Before a backend takes its PGPROC, the host puts the live shared memory over what"
                  + " this backend initialised for itself.",
              INIT_PROCESS_FUNCTION,
              tell(INIT_PROCESS)),
          atStart(
              "StartupXLOG",
              "src/backend/access/transam/xlog.c",
              "Only the first backend of a cluster starts the WAL and recovers.",
              mentioning("database system was interrupted while in recovery at %s"),
              returnIfHostSaysSo(STARTUP_XLOG)),
          replace(
              "WaitEventSetWaitBlock",
              "src/backend/storage/ipc/waiteventset.c",
              "PGlite's poll() answers at once, so that waiting would be a busy loop. Now the host"
                  + " waits, with the set and the timeout; it may run another backend meanwhile.",
              containing(waitBegins().i32Load(4)),
              waitBegins().i32Load(4),
              code().block().localGet(0).localGet(0).i32Load(4).localGet(1).callHost()),
          atStart(
              "pg_usleep",
              "src/port/pgsleep.c",
              "The host sleeps, and may run another backend meanwhile.",
              exported("pg_usleep"),
              code().localGet(0).i32Const(USLEEP).i32Const(0).callHost().ifThen().ret().end()),
          atStart(
              "ProcessInterrupts",
              "src/backend/tcop/postgres.c",
              "The place to preempt a backend: CHECK_FOR_INTERRUPTS comes here when the host has"
                  + " set InterruptPending. No LWLock is held when interrupts are not held off.",
              exported("ProcessInterrupts"),
              tell(PROCESS_INTERRUPTS)),
          atStart(
              "kill",
              "emscripten's libc",
              "Signals to other backends go through the host, which knows them.",
              KILL_FUNCTION,
              code()
                  .localGet(0)
                  .localGet(1)
                  .i32Const(KILL)
                  .callHost()
                  .ifThen()
                  .i32Const(0)
                  .ret()
                  .end()),
          replace(
              "wrapper_handler",
              "src/port/pqsignal.c",
              "\"Am I a forked child?\" asks getpid(), which is no one's pid any more.",
              containing(code().then(pidIs42()).i32Ne()),
              pidIs42().i32Ne(),
              pidIsMine().i32Ne()),
          replace(
              "proc_exit",
              "src/backend/storage/ipc/ipc.c",
              "The same question.",
              PROC_EXIT_FUNCTION,
              pidIs42().i32Eq(),
              pidIsMine().i32Eq()),
          atStart(
              "ShutdownXLOG",
              "src/backend/access/transam/xlog.c",
              "Only the backend that shuts the cluster down writes the shutdown checkpoint.",
              mentioning("shutting down").andContaining(shutdownPattern()),
              returnIfHostSaysSo(SHUTDOWN_XLOG)),
          replace(
              "ProcKill",
              "src/backend/storage/lmgr/proc.c",
              "The same question about the pid, asked of MyProc->pid.",
              PROC_KILL_FUNCTION,
              code().i32Load(44).i32Const(GETPID).i32Eq(),
              code().i32Load(44).addressOf("MyProcPid").i32Load(0).i32Eq()),
          replace(
              "ProcKill",
              "src/backend/storage/lmgr/proc.c",
              "The backend has left the cluster. The host publishes the shared memory and ends the"
                  + " instance, before callbacks that only a postmaster should run destroy more.",
              PROC_KILL_FUNCTION,
              code().ret().end(),
              tell(PROC_KILL).ret().end()));

  /**
   * PostgreSQL's code reads latch->... for its side effect, then "(nevents = pgl_poll(...))", which
   * was compiled to set->nevents.
   */
  private static Code waitBegins() {
    return code().localGet(0).i32Load(28).drop().block().localGet(0);
  }

  private static Code pidIs42() {
    return code().addressOf("MyProcPid").i32Load(0).i32Const(GETPID);
  }

  private static Code pidIsMine() {
    return code().addressOf("MyProcPid").i32Load(0).addressOf("MyProcPid").i32Load(0);
  }

  /** ereport(LOG or NOTICE ...) is chosen by a flag. */
  private static Code shutdownPattern() {
    return code().i32Const(15).i32Const(18);
  }
}

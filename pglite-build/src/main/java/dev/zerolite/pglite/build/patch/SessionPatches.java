package dev.zerolite.pglite.build.patch;

import static dev.zerolite.pglite.build.patch.Code.code;
import static dev.zerolite.pglite.build.patch.FunctionLocator.containing;
import static dev.zerolite.pglite.build.patch.FunctionLocator.exported;
import static dev.zerolite.pglite.build.patch.FunctionLocator.mentioning;
import static dev.zerolite.pglite.build.patch.Patch.atStart;
import static dev.zerolite.pglite.build.patch.Patch.replace;

import dev.zerolite.pglite.host.HostCall;
import java.util.List;

/**
 * The changes that let PostgreSQL's processes run as the children of a postmaster in Java.
 *
 * <p>fork() was compiled away, so the host does what it would: it boots one process up to {@code
 * InitProcess()}, and every child begins as a copy of that one's memory and enters the main
 * function that {@code child_process_kinds} names. All questions to the host go through one import,
 * marked by a negative number; the host's side is {@code dev.zerolite.pglite.WaitPoints}.
 *
 * <p>The module is PostgreSQL 18 built by emscripten, where getpid() is compiled to 42.
 */
final class SessionPatches {
  private static final int GETPID = 42;

  /** emscripten's signal.h */
  private static final int SIGUSR1 = 10;

  /** ipc.c */
  private static final int MAX_ON_EXITS = 20;

  /** guc_tables.h: struct config_generic's last_reported, 32-bit */
  private static final int LAST_REPORTED = 80;

  /** elog.h: LOG */
  private static final int ELEVEL_LOG = 15;

  /** pmsignal.c */
  private static final int PM_CHILD_ACTIVE = 2;

  private SessionPatches() {}

  /** host(0, marker, 0) */
  private static Code ask(int marker) {
    return code().i32Const(0).i32Const(marker).i32Const(0).callHost();
  }

  private static Code tell(int marker) {
    return ask(marker).drop();
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

  private static final FunctionLocator SEND_POSTMASTER_SIGNAL_FUNCTION =
      containing(
          code()
              .addressOf("IsUnderPostmaster")
              .i32Load8U(0)
              .i32Const(1)
              .i32Eq()
              .ifThen()
              .captureConst("PMSignalState")
              .i32Load(0)
              .localGet(0)
              .i32Const(2)
              .i32Shl()
              .i32Add()
              .i32Const(1)
              .i32Store(0));

  private static final FunctionLocator BACKEND_MAIN_FUNCTION =
      mentioning("direct SSL connection rejected", "sorry, too many clients already");

  /** Variables that the host reads or writes, or that the patches below mention. */
  static final List<Variable> VARIABLES =
      List.of(
          // globals.c, proc.c: exported
          Variable.exported("MyProc"),
          Variable.exported("MyProcPid"),
          Variable.exported("MyLatch"),
          Variable.exported("MyProcPort"),
          Variable.exported("IsUnderPostmaster"),
          Variable.exported("MyBackendType"),
          Variable.exported("InterruptPending"),
          Variable.exported("QueryCancelPending"),
          Variable.exported("ProcDiePending"),
          Variable.exported("InterruptHoldoffCount"),
          Variable.exported("CritSectionCount"),
          // globals.c; pgl_startPGlite sets both
          Variable.usedBy(
              "IsPostmasterEnvironment",
              exported("pgl_startPGlite"),
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Const(1)
                  .i32Store8(0)
                  .addressOf("IsUnderPostmaster")
                  .i32Const(1)
                  .i32Store8(0)),
          // ipc.c; each begins with "if (index >= MAX_ON_EXITS)"
          Variable.usedBy("before_shmem_exit_index", exported("before_shmem_exit"), exitIndex()),
          Variable.usedBy("on_shmem_exit_index", exported("on_shmem_exit"), exitIndex()),
          Variable.usedBy(
              "on_proc_exit_index", mentioning("out of on_proc_exit slots"), exitIndex()),
          // pmsignal.c: PMSignalState->PMSignalFlags[reason] = true; kill(PostmasterPid, SIGUSR1)
          Variable.usedBy(
              "PMSignalState",
              SEND_POSTMASTER_SIGNAL_FUNCTION,
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Load(0)
                  .localGet(0)
                  .i32Const(2)
                  .i32Shl()
                  .i32Add()),
          Variable.usedBy(
              "PostmasterPid",
              SEND_POSTMASTER_SIGNAL_FUNCTION,
              code().captureConst(Variable.ADDRESS).i32Load(0).i32Const(SIGUSR1)),
          // pmsignal.c: PMSignalState->PMChildFlags[MyPMChildSlot - 1] = PM_CHILD_ACTIVE
          Variable.usedBy(
              "MyPMChildSlot",
              containing(registerPostmasterChildActive()),
              registerPostmasterChildActive()),
          // globals.c; BackendMain() reads it and then its argument
          Variable.usedBy(
              "MyClientSocket",
              BACKEND_MAIN_FUNCTION,
              code().captureConst(Variable.ADDRESS).i32Load(0).localSet(1).localGet(0).i32Load(0)),
          // backend_startup.c; of PostgresMain() a part: it reads socket_create, the first field,
          // last
          Variable.usedBy(
              "conn_timing",
              exported("PostgresMainLoopOnce"),
              code()
                  .captureConst(Variable.ADDRESS)
                  .i64Load(0)
                  .captureLocalSet("socket_create")
                  .i32Const(ELEVEL_LOG)
                  .i32Const(0)),
          // checkpointer.c; ForwardSyncRequest() begins with "if (shmem->checkpointer_pid == 0 ||"
          Variable.usedBy(
              "CheckpointerShmem",
              mentioning("CompactCheckpointerRequestQueue"),
              code().captureConst(Variable.ADDRESS).i32Load(0).localTee(3).i32Load(0).i32Eqz()),
          // latch.c
          Variable.usedBy(
              "LatchWaitSet",
              exported("WaitLatch"),
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Load(0)
                  .i32Const(0)
                  .i32Const(1)
                  .i32Const(0)
                  .localGet(1)),
          // wait_event.c; WaitEventSetWait: pgstat_report_wait_start(); waiting = true
          Variable.usedBy("my_wait_event_info", containing(reportWaitStart()), reportWaitStart()),
          // PGlite's, for a local variable of PostgresMain(), which sets it to true at first
          Variable.usedBy(
              "send_ready_for_query",
              exported("PostgresSendReadyForQueryIfNecessary"),
              code().captureConst(Variable.ADDRESS).i32Load8U(0).i32Const(1).i32Eq().ifThen()),
          // launch_backend.c; PostmasterChildName() indexes its entries of 12 bytes
          Variable.usedBy(
              "child_process_kinds", containing(postmasterChildName()), postmasterChildName()),
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
          // stack_depth.c; get_stack_depth_rlimit() asks the system when it is zero
          Variable.usedBy(
              "stack_depth_rlimit",
              mentioning("\"max_stack_depth\" must not exceed %zdkB."),
              code().captureConst(Variable.ADDRESS).i32Load(0).localTee(0).i32Eqz().ifThen()),
          // slot.c; CreateDecodingContext: "if (slot == NULL) elog; if (slot->data.database == 0)"
          Variable.usedBy(
              "MyReplicationSlot",
              mentioning("starting logical decoding for slot \"%s\""),
              code()
                  .captureConst(Variable.ADDRESS)
                  .i32Load(0)
                  .captureLocalTee("slot")
                  .ifThen()
                  .captureLocalGet("slot")
                  .i32Load(88)),
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
          // the first call in pgl_startPGlite whose result is tested
          new AddedExport(
              "pgx_load_hba",
              FunctionLocator.calledBy(
                  exported("pgl_startPGlite"),
                  code().captureCall("load_hba").i32Eqz().ifThen(),
                  "load_hba")),
          new AddedExport("pgx_InitializeWaitEventSupport", mentioning("pipe() failed: %m")),
          // MyStartTimestamp = GetCurrentTimestamp() comes first
          new AddedExport("pgx_InitProcessGlobals", containing(initProcessGlobals())),
          new AddedExport("pgx_InitLatch", containing(initLatch())));

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
              code().addressOf("MyProcPid").then(ask(HostCall.MY_PROC_PID)).i32Store(0)),
          replace(
              "pgl_shmget",
              "pglite-wasm/pglitec.c",
              "The segment must lie at the same address in every backend, since it holds pointers"
                  + " to itself: the host chooses it.",
              exported("pgl_shmget"),
              code().localGet(4).call("malloc"),
              code().i32Const(0).i32Const(HostCall.SHMGET).localGet(4).callHost()),
          atStart(
              "InitProcess",
              "src/backend/storage/lmgr/proc.c",
              "What is in memory here is what a postmaster's children inherit: the host stops the"
                  + " process that it boots for that; in a child nothing happens.",
              INIT_PROCESS_FUNCTION,
              tell(HostCall.INIT_PROCESS)),
          atStart(
              "PostmasterIsAliveInternal",
              "src/backend/storage/ipc/pmsignal.c",
              "The postmaster is the host, without which nothing runs. There is no pipe to ask.",
              mentioning("PostmasterIsAliveInternal"),
              code().i32Const(1).ret()),
          atStart(
              "RequestCheckpoint",
              "src/backend/postmaster/checkpointer.c",
              "PGlite makes every checkpoint in place; the checkpointer must, which alone knows what"
                  + " all processes want synchronised. The host asks it, and waits for it.",
              containing(requestCheckpointBegins()),
              code()
                  .localGet(0)
                  .i32Const(HostCall.REQUEST_CHECKPOINT)
                  .i32Const(0)
                  .callHost()
                  .ifThen()
                  .ret()
                  .end()),
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
              code()
                  .localGet(0)
                  .i32Const(HostCall.USLEEP)
                  .i32Const(0)
                  .callHost()
                  .ifThen()
                  .ret()
                  .end()),
          atStart(
              "ProcessInterrupts",
              "src/backend/tcop/postgres.c",
              "The place to preempt a backend: CHECK_FOR_INTERRUPTS comes here when the host has"
                  + " set InterruptPending. No LWLock is held when interrupts are not held off.",
              exported("ProcessInterrupts"),
              tell(HostCall.PROCESS_INTERRUPTS)),
          atStart(
              "kill",
              "emscripten's libc",
              "Signals to other backends go through the host, which knows them.",
              KILL_FUNCTION,
              code()
                  .localGet(0)
                  .localGet(1)
                  .i32Const(HostCall.KILL)
                  .callHost()
                  .ifThen()
                  // -1 if the host has set errno, else 0
                  .i32Const(0)
                  .addressOf("errno")
                  .i32Load(0)
                  .i32Const(0)
                  .i32Ne()
                  .i32Sub()
                  .ret()
                  .end()),
          atStart(
              "__get_locale",
              "musl: src/locale/locale_map.c",
              "musl knows every name; natively PostgreSQL refuses locales that do not exist."
                  + " LOC_MAP_FAILED is -1.",
              mentioning("LC_ALL", "LANG", "POSIX", "C.UTF-8"),
              code()
                  .localGet(1)
                  .i32Const(HostCall.UNKNOWN_LOCALE)
                  .i32Const(0)
                  .callHost()
                  .ifThen()
                  .i32Const(-1)
                  .ret()
                  .end()),
          atStart(
              "towupper",
              "musl: src/ctype/towctrans.c",
              "musl makes a capital sharp s of a small one, as no other C library (nor Unicode's"
                  + " simple mapping) does: upper('straße') is STRAßE natively.",
              FunctionLocator.calledBy(
                  exported("towupper_l"), code().localGet(0).captureCall("towupper"), "towupper"),
              code().localGet(0).i32Const(0xdf).i32Eq().ifThen().i32Const(0xdf).ret().end()),
          atStart(
              "pg_ucol_open",
              "src/backend/utils/adt/pg_locale_icu.c",
              "ICU lacks the data to understand und-u-ks-level2 and ignores all of it; the host puts"
                  + " it into words that ICU's code knows.",
              mentioning("opening default collator is not supported"),
              code()
                  .localGet(0)
                  .localGet(0)
                  .i32Const(HostCall.COLLATION_KEYWORDS)
                  .i32Const(0)
                  .callHost()
                  .i32Add()
                  .localSet(0)),
          replace(
              "ReportGUCOption",
              "src/backend/utils/misc/guc.c",
              "PGlite does not remember what was reported, so that a ParameterStatus is repeated"
                  + " for a setting that did not change: record->last_reported ="
                  + " guc_strdup(LOG, val) is put back.",
              containing(wasReported()),
              wasReported(),
              wasReported().then(rememberReported())),
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
          replace(
              "ProcKill",
              "src/backend/storage/lmgr/proc.c",
              "The same question about the pid, asked of MyProc->pid.",
              PROC_KILL_FUNCTION,
              code().i32Load(44).i32Const(GETPID).i32Eq(),
              code().i32Load(44).addressOf("MyProcPid").i32Load(0).i32Eq()),
          replace(
              "AuxiliaryProcKill",
              "src/backend/storage/lmgr/proc.c",
              "And again.",
              mentioning("AuxiliaryProcKill() called in child process"),
              code().i32Load(44).i32Const(GETPID).i32Eq(),
              code().i32Load(44).addressOf("MyProcPid").i32Load(0).i32Eq()));

  /** if (index >= MAX_ON_EXITS) */
  private static Code exitIndex() {
    return code()
        .captureConst(Variable.ADDRESS)
        .i32Load(0)
        .localTee(2)
        .i32Const(MAX_ON_EXITS)
        .i32LtS();
  }

  private static Code registerPostmasterChildActive() {
    return code()
        .captureConst("PMSignalState")
        .i32Load(0)
        .captureConst(Variable.ADDRESS)
        .i32Load(0)
        .i32Const(2)
        .i32Shl()
        .i32Add()
        .i32Const(PM_CHILD_ACTIVE)
        .i32Store(44);
  }

  /** CreateCheckPoint(flags | CHECKPOINT_FAST), smgrdestroyall() */
  private static Code requestCheckpointBegins() {
    return code()
        .localGet(0)
        .i32Const(4)
        .i32Or()
        .captureCall("CreateCheckPoint")
        .drop()
        .captureCall("smgrdestroyall")
        .end();
  }

  private static Code reportWaitStart() {
    return code()
        .captureConst(Variable.ADDRESS)
        .i32Load(0)
        .localGet(4)
        .i32Store(0)
        .captureConst("waiting")
        .i32Const(1)
        .i32Store(0);
  }

  private static Code postmasterChildName() {
    return code()
        .localGet(0)
        .i32Const(12)
        .i32Mul()
        .captureConst(Variable.ADDRESS)
        .i32Add()
        .i32Load(0)
        .end();
  }

  private static Code initProcessGlobals() {
    return code()
        .captureConst("MyStartTimestamp")
        .call("GetCurrentTimestamp")
        .localTee(0)
        .i64Store(0)
        .captureConst("MyStartTime");
  }

  /** latch->owner_pid = MyProcPid, after latch->is_shared = false */
  private static Code initLatch() {
    return code()
        .addressOf("MyProcPid")
        .i32Load(0)
        .localSet(1)
        .localGet(0)
        .i32Const(0)
        .i32Store8(8)
        .localGet(0)
        .localGet(1)
        .i32Store(12);
  }

  /**
   * PostgreSQL's code reads latch->... for its side effect, then "(nevents = pgl_poll(...))", which
   * was compiled to set->nevents.
   */
  private static Code waitBegins() {
    return code().localGet(0).i32Load(28).drop().block().localGet(0);
  }

  /** if (record->last_reported != NULL && strcmp(val, record->last_reported) == 0) skip */
  private static Code wasReported() {
    return code()
        .localGet(0)
        .i32Load(LAST_REPORTED)
        .localTee(3)
        .ifThen()
        .localGet(2)
        .localGet(3)
        .call("strcmp")
        .i32Eqz()
        .brIf(1)
        .end();
  }

  /** With strcpy(guc_malloc()) for guc_strdup(), which is not exported; out of memory is NULL. */
  private static Code rememberReported() {
    return code()
        .localGet(0)
        .i32Load(LAST_REPORTED)
        .call("guc_free")
        .localGet(0)
        .i32Const(ELEVEL_LOG)
        .localGet(2)
        .call("strlen")
        .i32Const(1)
        .i32Add()
        .call("guc_malloc")
        .localTee(3)
        .i32Store(LAST_REPORTED)
        .localGet(3)
        .ifThen()
        .localGet(3)
        .localGet(2)
        .call("strcpy")
        .drop()
        .end();
  }

  private static Code pidIs42() {
    return code().addressOf("MyProcPid").i32Load(0).i32Const(GETPID);
  }

  private static Code pidIsMine() {
    return code().addressOf("MyProcPid").i32Load(0).addressOf("MyProcPid").i32Load(0);
  }
}

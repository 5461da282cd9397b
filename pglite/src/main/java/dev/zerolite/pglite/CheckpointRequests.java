package dev.zerolite.pglite;

import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.server.ServerError;
import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * RequestCheckpoint() of checkpointer.c for one process: asks the checkpointer, and waits until it
 * has done it. PGlite's build has a substitute that knows nothing of other processes.
 */
final class CheckpointRequests {
  /** How the process waits. */
  interface Pause {
    /** Lets others run for so long; an ERROR may end it. */
    void pause(long microseconds);

    /** Whether it may: not with a lightweight lock, as DROP TABLESPACE has one. */
    boolean othersMayRun();

    /** Lets the checkpointer alone run for so long. */
    void pauseFor(Child checkpointer, long microseconds);
  }

  /** Flags of xlog.h. */
  private static final int CHECKPOINT_WAIT = 0x20;

  private static final int CHECKPOINT_REQUESTED = 0x40;
  private static final int CHECKPOINT_FAST = 0x4;
  private static final int CHECKPOINT_CAUSE_XLOG = 0x80;

  /** Half of max_wal_size, as XLogCheckpointNeeded() has it; PGlite's XLogWrite() does not ask. */
  private static final long WAL_BYTES = 32L << 20;

  /** struct CheckpointerShmemStruct (checkpointer.c): checkpointer_pid, ckpt_lck, … */
  private static final int CKPT_STARTED = 8;

  private static final int CKPT_DONE = 12;
  private static final int CKPT_FAILED = 16;
  private static final int CKPT_FLAGS = 20;

  /** A checkpoint takes milliseconds in memory; this is how late its end may be noticed. */
  private static final long PAUSE_MICROSECONDS = 2_000;

  private final Postmaster postmaster;
  private final Child child;
  private final WasmProcess process;
  private final Pause pause;

  /** Where the WAL ended when {@link #requestIfDue} asked last; 0 before its first look. */
  private long requestedAt;

  CheckpointRequests(Postmaster postmaster, Child child, WasmProcess process, Pause pause) {
    this.postmaster = postmaster;
    this.child = child;
    this.process = process;
    this.pause = pause;
  }

  /**
   * @return 0 if this process is to make the checkpoint itself
   */
  int request(int flags) {
    if (child.type() == ChildType.CHECKPOINTER) {
      return 0;
    }
    LinearMemory memory = process.memory();
    int shared = memory.readInt(postmaster.symbols().of("CheckpointerShmem"));
    int startedBefore = memory.readInt(shared + CKPT_STARTED);
    int failedBefore = memory.readInt(shared + CKPT_FAILED);
    memory.writeI32(
        shared + CKPT_FLAGS, memory.readInt(shared + CKPT_FLAGS) | flags | CHECKPOINT_REQUESTED);
    postmaster.find(ChildType.CHECKPOINTER).ifPresent(c -> c.setLatch(memory));
    if ((flags & CHECKPOINT_WAIT) != 0) {
      await(memory, shared, startedBefore, failedBefore);
    }
    return 1;
  }

  /** Asks for a checkpoint when there is much WAL since the last time. For the walwriter. */
  void requestIfDue() {
    long flushed = process.function("GetFlushRecPtr").callLong(0);
    if (requestedAt == 0) {
      requestedAt = flushed;
    } else if (flushed - requestedAt >= WAL_BYTES) {
      requestedAt = flushed;
      request(CHECKPOINT_CAUSE_XLOG | CHECKPOINT_FAST);
    }
  }

  private void await(LinearMemory memory, int shared, int startedBefore, int failedBefore) {
    while (memory.readInt(shared + CKPT_STARTED) == startedBefore) {
      pauseOnce();
    }
    int started = memory.readInt(shared + CKPT_STARTED);
    while (memory.readInt(shared + CKPT_DONE) - started < 0) {
      pauseOnce();
    }
    if (memory.readInt(shared + CKPT_FAILED) != failedBefore) {
      throw failed("Consult recent messages in the server log for details.");
    }
  }

  private void pauseOnce() {
    if (pause.othersMayRun()) {
      pause.pause(PAUSE_MICROSECONDS);
    } else {
      Child checkpointer =
          postmaster
              .find(ChildType.CHECKPOINTER)
              .orElseThrow(() -> failed("There is no checkpointer; try again."));
      pause.pauseFor(checkpointer, PAUSE_MICROSECONDS);
    }
  }

  private RuntimeException failed(String hint) {
    return new ServerCalls(process, "checkpointer.java")
        .raise(new ServerError("XX000", "checkpoint request failed", "", hint));
  }
}

package dev.zerolite.pglite;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.EnumSet;
import java.util.Set;

/** What a child asks of its postmaster (PMSignalReason in pmsignal.h), in that enum's order. */
enum PostmasterSignal {
  RECOVERY_STARTED,
  RECOVERY_CONSISTENT,
  BEGIN_HOT_STANDBY,
  ROTATE_LOGFILE,
  START_AUTOVAC_LAUNCHER,
  START_AUTOVAC_WORKER,
  BACKGROUND_WORKER_CHANGE,
  START_WALRECEIVER,
  ADVANCE_STATE_MACHINE,
  XLOG_IS_SHUTDOWN;

  /**
   * Takes what has been asked for since the last time. Needs the interpreter lock.
   *
   * @param state address of struct PMSignalData, which begins with a flag for each
   */
  static Set<PostmasterSignal> take(LinearMemory memory, int state) {
    Set<PostmasterSignal> taken = EnumSet.noneOf(PostmasterSignal.class);
    for (PostmasterSignal signal : values()) {
      int flag = state + signal.ordinal() * Integer.BYTES;
      if (memory.readInt(flag) != 0) {
        memory.writeI32(flag, 0);
        taken.add(signal);
      }
    }
    return taken;
  }
}

package dev.zerolite.pglite;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.BitSet;

/**
 * The places for a postmaster's children in {@code PMSignalState} (pmsignal.c), numbered from 1.
 * Who is taken is known here; what shared memory says of it is changed under the interpreter lock.
 */
final class ChildSlots {
  /** struct PMSignalData: PMSignalFlags[10], sigquit_reason, num_child_flags, PMChildFlags[]. */
  private static final int NUM_CHILD_FLAGS = 44;

  private static final int CHILD_FLAGS = 48;

  private static final int PM_CHILD_UNUSED = 0;
  private static final int PM_CHILD_ASSIGNED = 1;

  private final int stateSymbol;
  private final int count;
  private final BitSet taken = new BitSet();

  /**
   * @param memory of a process that is attached to shared memory
   * @param stateSymbol address of the variable PMSignalState
   */
  ChildSlots(LinearMemory memory, int stateSymbol) {
    this.stateSymbol = stateSymbol;
    this.count = memory.readInt(memory.readInt(stateSymbol) + NUM_CHILD_FLAGS);
  }

  /**
   * Takes a free slot.
   *
   * @throws BackendStartException if there are as many children as max_connections and the other
   *     limits allow
   */
  synchronized int take() throws BackendStartException {
    int index = taken.nextClearBit(0);
    if (index >= count) {
      throw new BackendStartException("53300", "sorry, too many clients already");
    }
    taken.set(index);
    return index + 1;
  }

  /** Forgets the child; the last thing that happens to it. */
  synchronized void giveBack(int slot) {
    taken.clear(slot - 1);
  }

  /** The child is about to use its slot. */
  void assign(LinearMemory memory, int slot) {
    memory.writeI32(flag(memory, slot), PM_CHILD_ASSIGNED);
  }

  /** The child has left shared memory. */
  void release(LinearMemory memory, int slot) {
    memory.writeI32(flag(memory, slot), PM_CHILD_UNUSED);
  }

  private int flag(LinearMemory memory, int slot) {
    return memory.readInt(stateSymbol) + CHILD_FLAGS + (slot - 1) * Integer.BYTES;
  }
}

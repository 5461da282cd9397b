package dev.zerolite.pglite;

import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * PostgreSQL's main shared memory segment: one array that every backend of the cluster sees at the
 * same addresses. All methods need the interpreter lock.
 *
 * <p>The control segment of dynamic shared memory is a mapping of its own, private to each process
 * here; its few kilobytes are copied when another backend runs.
 */
final class SharedSegment {
  /** Size of dsm_control_item and offsets in dsm_control_header (dsm.c), 32-bit. */
  private static final int DSM_ITEM_SIZE = 24;

  private static final int DSM_ITEMS_OFFSET = 12;
  private static final int DSM_MAX_ITEMS_OFFSET = 8;

  private final int dsmControlSymbol;

  /** The memory whose copy of the control segment is the newest. */
  private LinearMemory ranLast;

  /**
   * @param dsmControlSymbol address of the variable {@code dsm_control}, a pointer to the process's
   *     mapping
   */
  SharedSegment(int dsmControlSymbol) {
    this.dsmControlSymbol = dsmControlSymbol;
  }

  /**
   * Makes the segment, which all who are forked from this memory's process will see.
   *
   * @return the segment's address
   */
  int allocate(LinearMemory memory, int size) {
    memory.share(new byte[size]);
    ranLast = memory;
    return LinearMemory.SHARED_BASE;
  }

  /** Makes what others changed while this backend did not run visible to it. */
  void bringTo(LinearMemory memory) {
    if (ranLast != memory) {
      int from = ranLast.readInt(dsmControlSymbol);
      int to = memory.readInt(dsmControlSymbol);
      int size = DSM_ITEMS_OFFSET + DSM_ITEM_SIZE * ranLast.readInt(from + DSM_MAX_ITEMS_OFFSET);
      System.arraycopy(
          ranLast.arrayOf(from),
          LinearMemory.indexOf(from),
          memory.arrayOf(to),
          LinearMemory.indexOf(to),
          size);
      ranLast = memory;
    }
  }
}

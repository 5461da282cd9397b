package dev.zerolite.pglite;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.Arrays;

/**
 * PostgreSQL's main shared memory segment: one array that every backend of the cluster sees at the
 * same addresses. All methods need the interpreter lock.
 *
 * <p>A booting backend initialises a segment as if it were alone, before it becomes one of the
 * cluster's: it gets a scratch array to do that on. Nobody else can boot meanwhile, since it keeps
 * the lock until it is attached.
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
  private byte[] live;
  private byte[] scratch;

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
   * Gives a booting backend memory for its segment.
   *
   * @param first whether this backend's segment is to be the cluster's
   * @return the segment's address
   */
  int allocate(LinearMemory memory, boolean first, int size) {
    if (first) {
      live = new byte[size];
      memory.share(live);
    } else if (size != live.length) {
      throw new IllegalStateException(
          "this backend wants %d bytes of shared memory, but the cluster's segment has %d"
              .formatted(size, live.length));
    } else {
      if (scratch == null) {
        scratch = new byte[size];
      } else {
        Arrays.fill(scratch, (byte) 0);
      }
      memory.share(scratch);
    }
    return LinearMemory.SHARED_BASE;
  }

  /** Makes a booted backend see the cluster's segment instead of its own. */
  void attach(LinearMemory memory) {
    memory.share(live);
    bringTo(memory);
  }

  /** Makes what others changed while this backend did not run visible to it. */
  void bringTo(LinearMemory memory) {
    if (ranLast != memory) {
      if (ranLast != null) {
        int from = ranLast.readInt(dsmControlSymbol);
        int to = memory.readInt(dsmControlSymbol);
        int size = DSM_ITEMS_OFFSET + DSM_ITEM_SIZE * ranLast.readInt(from + DSM_MAX_ITEMS_OFFSET);
        System.arraycopy(
            ranLast.arrayOf(from),
            LinearMemory.indexOf(from),
            memory.arrayOf(to),
            LinearMemory.indexOf(to),
            size);
      }
      ranLast = memory;
    }
  }
}

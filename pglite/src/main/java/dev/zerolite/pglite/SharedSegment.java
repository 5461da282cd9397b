package dev.zerolite.pglite;

import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * PostgreSQL's main shared memory segment and the control segment of its dynamic shared memory.
 *
 * <p>Every backend has the bytes in its own linear memory, at the same address; the copy of the
 * backend that ran last is the live one. Whoever runs next copies from there, unless it ran last
 * itself. All methods need the interpreter lock.
 */
final class SharedSegment {
  /**
   * Size of dsm_control_item and offset of the item array in dsm_control_header (dsm.c), 32-bit.
   */
  private static final int DSM_ITEM_SIZE = 24;

  private static final int DSM_ITEMS_OFFSET = 12;
  private static final int DSM_MAX_ITEMS_OFFSET = 8;

  private final int dsmControlSymbol;
  private int address;
  private int size;
  private LinearMemory live;

  /**
   * @param dsmControlSymbol address of the variable {@code dsm_control}, a pointer to this process'
   *     mapping
   */
  SharedSegment(int dsmControlSymbol) {
    this.dsmControlSymbol = dsmControlSymbol;
  }

  /** Notes where a booting backend's segment lies; it must be where the first one's is. */
  void mapped(int segmentAddress, int segmentSize) {
    if (size == 0) {
      address = segmentAddress;
      size = segmentSize;
    } else if (address != segmentAddress || size != segmentSize) {
      throw new IllegalStateException(
          "the shared segment of this backend is %d bytes at %d, but the cluster's is %d at %d"
              .formatted(segmentSize, segmentAddress, size, address));
    }
  }

  /** Makes the live bytes visible in this memory. */
  void bringTo(LinearMemory memory) {
    if (live == memory) {
      return;
    }
    if (live != null) {
      System.arraycopy(live.array(), address, memory.array(), address, size);
      int from = live.readInt(dsmControlSymbol);
      int to = memory.readInt(dsmControlSymbol);
      int length = DSM_ITEMS_OFFSET + DSM_ITEM_SIZE * live.readInt(from + DSM_MAX_ITEMS_OFFSET);
      System.arraycopy(live.array(), from, memory.array(), to, length);
    }
    live = memory;
  }

  /** Size of the segment in bytes, for the log. */
  int size() {
    return size;
  }
}

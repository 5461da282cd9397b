package dev.zerolite.pglite.fs;

import static java.util.Objects.requireNonNull;

/**
 * How a file on the heap is used.
 *
 * @param heap what all files share
 * @param mayFail whether the file does without what is kept for those that must not fail
 * @param packing for chunks that are packed
 * @param sequential whether it is written from its begin to its end, and what has been written is
 *     seldom read: then it is packed when the heap gets tight
 */
record MemoryUsage(HeapReserve heap, boolean mayFail, Packing packing, boolean sequential) {
  MemoryUsage {
    requireNonNull(heap);
    requireNonNull(packing);
  }

  /** Of a file by itself. */
  static MemoryUsage plain() {
    return new MemoryUsage(new HeapReserve(), false, new Packing(), false);
  }

  void take(int bytes) {
    heap.take(bytes, mayFail);
  }

  boolean packs() {
    return sequential && heap.isTight();
  }
}

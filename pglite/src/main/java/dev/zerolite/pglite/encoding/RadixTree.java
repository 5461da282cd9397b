package dev.zerolite.pglite.encoding;

import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * The table of a conversion, {@code pg_mb_radix_tree} of mb/pg_wchar.h: for each length of input an
 * own tree with one level per byte, all in one array, and the range of each byte.
 */
final class RadixTree {
  // Offsets on a 32-bit machine.
  private static final int CHARS16 = 0;
  private static final int CHARS32 = 4;

  /** Where the tree for inputs of length 1 to 4 has its root; the bytes' limits follow. */
  private static final int[] ROOTS = {8, 16, 24, 36};

  private final LinearMemory memory;
  private final int address;
  private final int chars16;
  private final int chars32;

  RadixTree(LinearMemory memory, int address) {
    this.memory = memory;
    this.address = address;
    this.chars16 = memory.readInt(address + CHARS16);
    this.chars32 = memory.readInt(address + CHARS32);
  }

  /**
   * Looks a character up.
   *
   * @param code its bytes, the last one lowest
   * @return the other encoding's, or 0 if it has none
   */
  int find(int code, int length) {
    int root = ROOTS[length - 1];
    int limits = address + root + 4;
    int index = memory.readInt(address + root);
    for (int i = 0; i < length; i++) {
      int b = code >>> 8 * (length - 1 - i) & 0xff;
      int lowest = memory.read(limits + 2 * i) & 0xff;
      int highest = memory.read(limits + 2 * i + 1) & 0xff;
      if (b < lowest || b > highest) {
        return 0;
      }
      index = element(index + b - lowest);
    }
    return index;
  }

  private int element(int index) {
    return chars32 != 0
        ? memory.readInt(chars32 + 4 * index)
        : memory.readShort(chars16 + 2 * index) & 0xffff;
  }
}

package dev.zerolite.pglite.host;

import java.nio.ByteBuffer;
import java.util.Optional;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.UnknownCustomSection;

/**
 * What a dynamic library needs of the process that loads it, from its dylink.0 section
 * (tool-conventions' DynamicLinking.md).
 *
 * @param memorySize bytes of data
 * @param memoryAlignment log2 of the data's alignment
 * @param tableSize slots in the function table
 */
record DynamicLinkInfo(int memorySize, int memoryAlignment, int tableSize) {
  private static final int WASM_DYLINK_MEM_INFO = 1;

  static Optional<DynamicLinkInfo> of(WasmModule module) {
    if (!(module.customSection("dylink.0") instanceof UnknownCustomSection section)) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.wrap(section.bytes());
    while (bytes.hasRemaining()) {
      int type = bytes.get();
      int size = unsignedLeb(bytes);
      if (type == WASM_DYLINK_MEM_INFO) {
        return Optional.of(
            new DynamicLinkInfo(unsignedLeb(bytes), unsignedLeb(bytes), unsignedLeb(bytes)));
      }
      bytes.position(bytes.position() + size);
    }
    return Optional.of(new DynamicLinkInfo(0, 0, 0));
  }

  private static int unsignedLeb(ByteBuffer bytes) {
    int value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = bytes.get();
      value |= (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }
}

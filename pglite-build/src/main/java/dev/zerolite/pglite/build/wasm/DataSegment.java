package dev.zerolite.pglite.build.wasm;

import java.util.OptionalInt;

/**
 * A data segment.
 *
 * @param offset the constant expression that says where it goes; null for a passive segment
 */
public record DataSegment(byte[] offset, byte[] bytes) {
  static DataSegment read(ByteSource in) {
    int flags = in.u32();
    if (flags > 1) {
      throw new WasmFormatException("data segment flags " + flags + " are not supported");
    }
    byte[] offset = flags == 0 ? ConstantExpression.read(in) : null;
    return new DataSegment(offset, in.bytes(in.u32()));
  }

  /** Where the segment goes, if that is a plain number. */
  public OptionalInt address() {
    return offset == null ? OptionalInt.empty() : ConstantExpression.i32(offset);
  }
}

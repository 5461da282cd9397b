package dev.zerolite.pglite.build.wasm;

import java.util.OptionalInt;

/** Initializers of globals, offsets of data and element segments. */
final class ConstantExpression {
  private ConstantExpression() {}

  /** Reads up to and including the end. */
  static byte[] read(ByteSource in) {
    int start = in.position();
    while (true) {
      int opcode = in.u8();
      switch (opcode) {
        case Opcode.END -> {
          return in.since(start);
        }
        case Opcode.I32_CONST, Opcode.I64_CONST -> in.s64();
        case Opcode.F32_CONST -> in.bytes(4);
        case Opcode.F64_CONST -> in.bytes(8);
        case Opcode.GLOBAL_GET, Opcode.REF_FUNC -> in.u32();
        case Opcode.REF_NULL -> in.u8();
        case Opcode.I32_ADD -> {}
        default ->
            throw new WasmFormatException(
                "opcode 0x%02x in a constant expression is not supported".formatted(opcode));
      }
    }
  }

  /** The value, if the expression is a single i32.const. */
  static OptionalInt i32(byte[] expression) {
    ByteSource in = new ByteSource(expression);
    if (in.u8() != Opcode.I32_CONST) {
      return OptionalInt.empty();
    }
    int value = in.s32();
    return in.u8() == Opcode.END ? OptionalInt.of(value) : OptionalInt.empty();
  }
}

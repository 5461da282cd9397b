package dev.zerolite.pglite.build.wasm;

import java.util.OptionalInt;

/**
 * A global that the module defines.
 *
 * @param initializer the constant expression with its end
 */
public record Global(ValueType type, boolean mutable, byte[] initializer) {
  /** A mutable global that starts as zero. */
  public static Global zero(ValueType type) {
    ByteSink init = new ByteSink();
    switch (type) {
      case I32 -> init.u8(Opcode.I32_CONST).u8(0);
      case I64 -> init.u8(Opcode.I64_CONST).u8(0);
      case F32 -> init.u8(Opcode.F32_CONST).bytes(new byte[4]);
      case F64 -> init.u8(Opcode.F64_CONST).bytes(new byte[8]);
      default -> throw new IllegalArgumentException("no zero of type " + type);
    }
    return new Global(type, true, init.u8(Opcode.END).toByteArray());
  }

  static Global read(ByteSource in) {
    ValueType type = in.valueType();
    boolean mutable = in.u8() != 0;
    return new Global(type, mutable, ConstantExpression.read(in));
  }

  void write(ByteSink out) {
    out.u8(type.code()).u8(mutable ? 1 : 0).bytes(initializer);
  }

  /** The value of an i32.const initializer; for exported globals it is a linear-memory address. */
  public OptionalInt constant() {
    return ConstantExpression.i32(initializer);
  }
}

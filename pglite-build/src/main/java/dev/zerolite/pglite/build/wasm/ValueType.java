package dev.zerolite.pglite.build.wasm;

/** The value types that emscripten emits; the codes are those of the binary format, 5.3.1. */
public enum ValueType {
  I32(0x7f),
  I64(0x7e),
  F32(0x7d),
  F64(0x7c),
  FUNCREF(0x70),
  EXTERNREF(0x6f);

  private final int code;

  ValueType(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  static ValueType of(int code) {
    for (ValueType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new WasmFormatException("value type 0x%02x is not supported".formatted(code));
  }
}

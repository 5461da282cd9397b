package dev.zerolite.pglite.build.wasm;

import java.util.List;

/** A function's parameters and results. */
public record FunctionType(List<ValueType> parameters, List<ValueType> results) {
  public FunctionType {
    parameters = List.copyOf(parameters);
    results = List.copyOf(results);
  }

  static FunctionType read(ByteSource in) {
    int form = in.u8();
    if (form != 0x60) {
      throw new WasmFormatException("type form 0x%02x is not a function type".formatted(form));
    }
    return new FunctionType(in.list(ByteSource::valueType), in.list(ByteSource::valueType));
  }

  void write(ByteSink out) {
    out.u8(0x60);
    out.list(parameters, (sink, type) -> sink.u8(type.code()));
    out.list(results, (sink, type) -> sink.u8(type.code()));
  }

  /** How much a call of this type changes the height of the operand stack. */
  int stackDelta() {
    return results.size() - parameters.size();
  }
}

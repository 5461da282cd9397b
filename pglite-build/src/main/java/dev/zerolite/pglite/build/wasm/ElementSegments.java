package dev.zerolite.pglite.build.wasm;

import java.util.ArrayList;
import java.util.List;

/** Reads which functions the element section puts into tables. */
final class ElementSegments {
  private ElementSegments() {}

  static List<Integer> functions(ByteSource in) {
    List<Integer> functions = new ArrayList<>();
    int segments = in.u32();
    for (int i = 0; i < segments; i++) {
      int flags = in.u32();
      if (flags != 0) {
        throw new WasmFormatException("element segment flags " + flags + " are not supported");
      }
      ConstantExpression.read(in); // where in table 0
      functions.addAll(in.list(ByteSource::u32));
    }
    return functions;
  }
}

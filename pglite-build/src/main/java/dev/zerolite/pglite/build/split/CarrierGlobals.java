package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.Global;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.ValueType;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Globals that carry an outlined function's outputs back to its caller. They are set right before
 * the return and read right after it, so all functions may share them.
 */
final class CarrierGlobals {
  private final WasmBinary module;
  private final Map<ValueType, List<Integer>> outputs = new EnumMap<>(ValueType.class);
  private final Map<ValueType, Integer> returnValues = new EnumMap<>(ValueType.class);

  CarrierGlobals(WasmBinary module) {
    this.module = module;
  }

  /** The global for the n-th output of a type. */
  int output(ValueType type, int n) {
    List<Integer> known = outputs.computeIfAbsent(type, t -> new ArrayList<>());
    while (known.size() <= n) {
      known.add(module.addGlobal(Global.zero(type)));
    }
    return known.get(n);
  }

  /** Whether an instruction reads one of them. */
  boolean areReadBy(Instruction instruction) {
    return instruction instanceof Instruction.Plain plain
        && plain.opcode() == Opcode.GLOBAL_GET
        && isCarrier(plain.immediates().u32());
  }

  private boolean isCarrier(int global) {
    return returnValues.containsValue(global)
        || outputs.values().stream().anyMatch(known -> known.contains(global));
  }

  /** The global for the value that the original function returns from inside a region. */
  int returnValue(ValueType type) {
    return returnValues.computeIfAbsent(type, t -> module.addGlobal(Global.zero(t)));
  }
}

package dev.zerolite.pglite.host;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;

/**
 * A process's table of function pointers. C compares function pointers, so a function gets one slot
 * only, whoever asks for it.
 */
final class FunctionTable {
  private static final int NULL_REFERENCE = -1;
  private static final long[] NOTHING = new long[0];

  private final Program program;
  private final Instance main;
  private final TableInstance table;
  private final Map<Instance, Map<Integer, Integer>> addedSlots = new IdentityHashMap<>();

  FunctionTable(Program program, Instance main, TableInstance emptyTable) {
    this.program = program;
    this.main = main;
    this.table = emptyTable;
    program.initialImage().fill(emptyTable, main);
  }

  TableInstance endiveTable() {
    return table;
  }

  long[] call(int slot, long[] arguments) {
    int function = table.requiredRef(slot);
    Instance owner = table.instance(slot);
    return (owner == null ? main : owner).getMachine().call(function, arguments);
  }

  /** The slot of a function, a new one if it has none yet. */
  int slotOf(Instance owner, int function) {
    if (owner == main && program.initialImage().slotOf(function) >= 0) {
      return program.initialImage().slotOf(function);
    }
    return addedSlots
        .computeIfAbsent(owner, o -> new HashMap<>())
        .computeIfAbsent(
            function,
            f -> {
              int slot = reserve(1);
              table.setRef(slot, f, owner);
              return slot;
            });
  }

  /** Adds empty slots and returns the first. */
  int reserve(int count) {
    int first = table.grow(count, NULL_REFERENCE, null);
    if (first < 0) {
      throw new HostFault("the function table is full (" + table.size() + " slots)");
    }
    return first;
  }

  /** Makes it as long as another process's, whose longer part is filled in afterwards. */
  void growTo(FunctionTable other) {
    if (other.table.size() > table.size()) {
      reserve(other.table.size() - table.size());
    }
  }

  /** Puts functions of an instance where another process has those of its counterpart. */
  void inherit(FunctionTable parent, Instance theirs, Instance ours) {
    Map<Integer, Integer> slots = addedSlots.computeIfAbsent(ours, o -> new HashMap<>());
    parent
        .addedSlots
        .getOrDefault(theirs, Map.of())
        .forEach(
            (function, slot) -> {
              table.setRef(slot, function, ours);
              slots.put(function, slot);
            });
  }

  /** Puts a Java function into a new slot. */
  int add(String signature, HostFunction function) {
    WasmModule module = program.hostFunctionModule(signature);
    FunctionImport imported = (FunctionImport) module.importSection().getImport(0);
    FunctionType type = module.typeSection().getType(imported.typeIndex());
    boolean isVoid = type.returns().isEmpty();
    Instance instance =
        Instance.builder(module)
            .withImportValues(
                ImportValues.builder()
                    .addFunction(
                        new ImportFunction("host", signature, type, (i, arguments) -> NOTHING))
                    .build())
            // Calls arrive at the machine; the import is only there to give function 0 its type.
            .withMachineFactory(
                i ->
                    (index, arguments) -> {
                      long result = function.call(arguments);
                      return isVoid ? NOTHING : new long[] {result};
                    })
            .build();
    return slotOf(instance, 0);
  }
}

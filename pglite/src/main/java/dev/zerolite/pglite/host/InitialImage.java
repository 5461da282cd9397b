package dev.zerolite.pglite.host;

import dev.zerolite.pglite.wasm.CallNumbers;
import dev.zerolite.pglite.wasm.CallTable;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.ActiveDataSegment;
import run.endive.wasm.types.ActiveElement;
import run.endive.wasm.types.DataSection;
import run.endive.wasm.types.DataSegment;
import run.endive.wasm.types.Element;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionSection;
import run.endive.wasm.types.Instruction;
import run.endive.wasm.types.OpCode;

/**
 * What the memory and the function table of a fresh process hold, worked out once per program.
 *
 * <p>PostgreSQL's data comes in thousands of segments and its table as thousands of one-instruction
 * programs. Evaluating them takes Endive over 10 ms per process, copying the result takes 1.
 */
final class InitialImage {
  private static final int NO_FUNCTION = -1;

  private final Supplier<WasmModule> whole;

  /** Worked out for the first process that begins as a fresh one: most are forks. */
  private WasmModule module;

  private final WasmModule moduleWithoutData;

  /** By table slot, the index of the function that it holds. */
  private final int[] functions;

  /** By function index, the first slot that holds it. */
  private final int[] slots;

  private final CallTable callTable;

  private InitialImage(
      Supplier<WasmModule> whole,
      WasmModule moduleWithoutData,
      int[] functions,
      int[] slots,
      CallTable callTable) {
    this.whole = whole;
    this.moduleWithoutData = moduleWithoutData;
    this.functions = functions;
    this.slots = slots;
    this.callTable = callTable;
  }

  static InitialImage of(WasmModule module, Supplier<DataSection> data) {
    int[] functions = functions(module);
    int[] slots =
        new int
            [module.functionSection().functionCount()
                + module.importSection().count(ExternalType.FUNCTION)];
    Arrays.fill(slots, NO_FUNCTION);
    for (int slot = functions.length - 1; slot >= 0; slot--) {
      if (functions[slot] != NO_FUNCTION) {
        slots[functions[slot]] = slot;
      }
    }
    return new InitialImage(
        () -> bare(module).setDataSection(oneSegment(data.get())).build(),
        bare(module).setStartSection(null).setDataSection(DataSection.builder().build()).build(),
        functions,
        slots,
        new CallTable(CallNumbers.of(functions, typesOf(module)).of(functions)));
  }

  /** The index of a function's type; asked for thousands of functions at each start. */
  private static IntUnaryOperator typesOf(WasmModule module) {
    int[] imported =
        module.importSection().stream()
            .filter(FunctionImport.class::isInstance)
            .mapToInt(function -> ((FunctionImport) function).typeIndex())
            .toArray();
    FunctionSection own = module.functionSection();
    return function ->
        function < imported.length
            ? imported[function]
            : own.getFunctionType(function - imported.length);
  }

  private static WasmModule.Builder bare(WasmModule module) {
    return WasmModule.builder()
        .setTypeSection(module.typeSection())
        .setImportSection(module.importSection())
        .setFunctionSection(module.functionSection())
        .setTableSection(module.tableSection())
        .setMemorySection(module.memorySection().orElse(null))
        .setGlobalSection(module.globalSection())
        .setExportSection(module.exportSection())
        .setStartSection(module.startSection().orElse(null))
        .setCodeSection(module.codeSection())
        .withValidation(false);
  }

  /**
   * A library for a process that has a copy of its data; its table elements stay. The start
   * function would clear the variables.
   */
  static WasmModule withoutData(WasmModule library) {
    return bare(library)
        .setStartSection(null)
        .setElementSection(library.elementSection())
        .setDataSection(DataSection.builder().build())
        .build();
  }

  private static DataSection oneSegment(DataSection section) {
    if (section.dataSegmentCount() == 0) {
      return section;
    }
    int start = Integer.MAX_VALUE;
    int end = 0;
    for (DataSegment segment : section.dataSegments()) {
      start = Math.min(start, address(segment));
      end = Math.max(end, address(segment) + segment.data().length);
    }
    byte[] bytes = new byte[end - start];
    for (DataSegment segment : section.dataSegments()) {
      byte[] data = segment.data();
      System.arraycopy(data, 0, bytes, address(segment) - start, data.length);
    }
    Instruction offset = new Instruction(0, OpCode.I32_CONST, new long[] {start});
    Instruction stop = new Instruction(0, OpCode.END, Instruction.EMPTY_OPERANDS);
    return DataSection.builder()
        .addDataSegment(new ActiveDataSegment(0, List.of(offset, stop), bytes))
        .build();
  }

  private static int address(DataSegment segment) {
    if (segment instanceof ActiveDataSegment active) {
      return constant(active.offsetInstructions(), OpCode.I32_CONST);
    }
    throw new HostFault("the program has passive data segments; it must be built without threads");
  }

  private static int[] functions(WasmModule module) {
    int[] functions = new int[(int) module.tableSection().getTable(0).limits().min()];
    Arrays.fill(functions, NO_FUNCTION);
    for (Element element : module.elementSection().elements()) {
      if (element instanceof ActiveElement active) {
        int slot = constant(active.offset(), OpCode.I32_CONST);
        for (List<Instruction> function : active.initializers()) {
          functions[slot++] = constant(function, OpCode.REF_FUNC);
        }
      }
    }
    return functions;
  }

  private static int constant(List<Instruction> expression, OpCode expected) {
    Instruction instruction = expression.get(0);
    if (instruction.opcode() != expected) {
      throw new HostFault(
          "expected " + expected + " in the program's initial image, found " + instruction);
    }
    return (int) instruction.operand(0);
  }

  /** The program with one data segment and without table elements. */
  synchronized WasmModule module() {
    if (module == null) {
      module = whole.get();
    }
    return module;
  }

  /** The program for an instance whose memory is there already: nothing initialises it. */
  WasmModule moduleWithoutData() {
    return moduleWithoutData;
  }

  /** Fills a fresh instance's table. */
  void fill(TableInstance table, Instance instance) {
    for (int slot = 0; slot < functions.length; slot++) {
      table.setRef(slot, functions[slot], instance);
    }
  }

  /** How indirect calls find their functions; one for all processes of the program. */
  CallTable callTable() {
    return callTable;
  }

  /** The slot of a function whose address the program takes, -1 for others. */
  int slotOf(int function) {
    return slots[function];
  }
}

package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.FunctionType;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Branch;
import dev.zerolite.pglite.build.wasm.Instruction.Local;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.ValueType;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns regions of one function into functions of their own.
 *
 * <p>Inputs become parameters. Outputs come back in {@link CarrierGlobals}, or as the result if
 * there is just one and no other way out. If the region can leave by branches or a return, the new
 * function's result is a code: 0 for falling through, 1 to n for the exits in ascending order of
 * their labels, n + 1 for the return; the caller then branches.
 */
final class Outliner {
  private static final int NONE = -1;

  private final WasmBinary module;
  private final CarrierGlobals carriers;
  private final FunctionCode code;

  /** The local in the original function that holds exit codes; made when first needed. */
  private int exitCodeLocal = NONE;

  Outliner(WasmBinary module, CarrierGlobals carriers, FunctionCode code) {
    this.module = module;
    this.carriers = carriers;
    this.code = code;
  }

  /** Moves a region into a new function and puts the call in its place. */
  void outline(Region region) {
    List<Instruction> call = new Extraction(region).run();
    List<Instruction> place = region.list().subList(region.from(), region.to());
    place.clear();
    place.addAll(call);
  }

  /**
   * Whether a place lies within a call that was made here. A call, the reading of its outputs and
   * the branch on its exit code must stay in one function: the carriers and the local for exit
   * codes serve all calls.
   */
  boolean isWithinCall(Liveness liveness, List<Instruction> list, int index) {
    boolean readsCarrier = index < list.size() && carriers.areReadBy(list.get(index));
    return readsCarrier || exitCodeLocal != NONE && liveness.before(list, index).get(exitCodeLocal);
  }

  private int exitCodeLocal() {
    if (exitCodeLocal == NONE) {
      exitCodeLocal = code.addLocal(ValueType.I32);
    }
    return exitCodeLocal;
  }

  /** One region on its way out. */
  private final class Extraction {
    private final Region region;
    private final List<Integer> inputs;
    private final List<Integer> outputs;
    private final List<Integer> exits;
    private final int returnCode;
    private final int returnGlobal;
    private final Map<Integer, Integer> newLocals = new HashMap<>();
    private final List<ValueType> localTypes = new ArrayList<>();

    Extraction(Region region) {
      this.region = region;
      this.inputs = region.in().stream().boxed().toList();
      this.outputs = region.out().stream().boxed().toList();
      this.exits = List.copyOf(region.exits());
      this.returnCode = region.returns() ? exits.size() + 1 : NONE;
      List<ValueType> results = code.type().results();
      this.returnGlobal =
          region.returns() && !results.isEmpty() ? carriers.returnValue(results.get(0)) : NONE;
    }

    List<Instruction> run() {
      inputs.forEach(this::moveLocal);
      List<ValueType> parameters = List.copyOf(localTypes);
      region.used().stream().filter(i -> !newLocals.containsKey(i)).forEach(this::moveLocal);
      FunctionType type = new FunctionType(parameters, results());
      int function = module.addFunction(type, new FunctionCode(type, localTypes, body()).encode());
      return call(function, type);
    }

    private void moveLocal(int original) {
      newLocals.put(original, localTypes.size());
      localTypes.add(code.locals().get(original));
    }

    private List<ValueType> results() {
      if (region.exitCount() > 0) {
        return List.of(ValueType.I32);
      }
      return region.hasSingleResult() ? List.of(code.locals().get(outputs.get(0))) : List.of();
    }

    // ---- the new function ----

    private List<Instruction> body() {
      List<Instruction> body = copy(region.list().subList(region.from(), region.to()), 0);
      int exitCode = NONE;
      if (region.exitCount() > 0) {
        localTypes.add(ValueType.I32); // starts as 0: falling through
        exitCode = localTypes.size() - 1;
        body = wrapInExitBlocks(body, exitCode);
      }
      if (region.hasSingleResult()) {
        body.add(Instruction.localGet(newLocals.get(outputs.get(0))));
        return body;
      }
      List<Integer> globals = outputGlobals();
      for (int i = 0; i < outputs.size(); i++) {
        body.add(Instruction.localGet(newLocals.get(outputs.get(i))));
        body.add(Instruction.globalSet(globals.get(i)));
      }
      if (exitCode != NONE) {
        body.add(Instruction.localGet(exitCode));
      }
      return body;
    }

    /**
     * One block for each way out around the body, so that a branch to the n-th block from inside
     * sets exit code n and goes to the common end.
     */
    private List<Instruction> wrapInExitBlocks(List<Instruction> body, int exitCode) {
      int ways = region.exitCount();
      List<Instruction> result = body;
      if (region.fallsThrough()) {
        result.add(Instruction.br(ways));
      }
      for (int way = 1; way <= ways; way++) {
        List<Instruction> outer = new ArrayList<>();
        outer.add(Instruction.block(result));
        outer.add(Instruction.i32Const(way));
        outer.add(Instruction.localSet(exitCode));
        if (way < ways) {
          outer.add(Instruction.br(ways - way));
        }
        result = outer;
      }
      List<Instruction> whole = new ArrayList<>();
      whole.add(Instruction.block(result));
      return whole;
    }

    /** Copies instructions, with the new function's locals and with exits instead of labels. */
    private List<Instruction> copy(List<Instruction> list, int depth) {
      List<Instruction> result = new ArrayList<>(list.size());
      for (Instruction instruction : list) {
        if (instruction instanceof Local local) {
          result.add(new Local(local.opcode(), newLocals.get(local.index())));
        } else if (instruction instanceof Branch branch) {
          List<Integer> labels = branch.labels().stream().map(l -> newLabel(l, depth)).toList();
          result.add(new Branch(branch.opcode(), labels));
        } else if (instruction instanceof Block block) {
          List<Instruction> orElse =
              block.orElse() == null ? null : copy(block.orElse(), depth + 1);
          result.add(
              new Block(block.opcode(), block.result(), copy(block.body(), depth + 1), orElse));
        } else if (instruction.opcode() == Opcode.RETURN) {
          if (returnGlobal != NONE) {
            result.add(Instruction.globalSet(returnGlobal));
          }
          result.add(Instruction.br(depth + returnCode - 1));
        } else {
          result.add(instruction);
        }
      }
      return result;
    }

    private int newLabel(int label, int depth) {
      return label < depth ? label : depth + exits.indexOf(label - depth);
    }

    // ---- the call in the original function ----

    private List<Instruction> call(int function, FunctionType type) {
      List<Instruction> call = new ArrayList<>();
      inputs.forEach(input -> call.add(Instruction.localGet(input)));
      call.add(Instruction.call(function, type));
      if (region.exitCount() > 0) {
        call.add(Instruction.localSet(exitCodeLocal()));
      }
      if (region.hasSingleResult()) {
        call.add(Instruction.localSet(outputs.get(0)));
      } else {
        List<Integer> globals = outputGlobals();
        for (int i = 0; i < outputs.size(); i++) {
          call.add(Instruction.globalGet(globals.get(i)));
          call.add(Instruction.localSet(outputs.get(i)));
        }
      }
      if (region.returns()) {
        call.addAll(returnIfToldSo());
      }
      call.addAll(branchToExit());
      if (!region.fallsThrough() && exits.size() != 1) {
        call.add(Instruction.unreachable());
      }
      return call;
    }

    private List<Instruction> returnIfToldSo() {
      List<Instruction> leave = new ArrayList<>();
      if (returnGlobal != NONE) {
        leave.add(Instruction.globalGet(returnGlobal));
      }
      leave.add(Instruction.ret());
      return List.of(
          Instruction.localGet(exitCodeLocal()),
          Instruction.i32Const(returnCode),
          Instruction.i32Eq(),
          Instruction.ifThen(leave));
    }

    private List<Instruction> branchToExit() {
      if (exits.isEmpty()) {
        return List.of();
      }
      if (exits.size() == 1) {
        int exit = exits.get(0);
        return region.fallsThrough()
            ? List.of(Instruction.localGet(exitCodeLocal()), Instruction.brIf(exit))
            : List.of(Instruction.br(exit));
      }
      List<Integer> labels = new ArrayList<>();
      labels.add(0);
      exits.forEach(exit -> labels.add(exit + 1)); // one more: the block around the br_table
      labels.add(0);
      List<Instruction> table = new ArrayList<>();
      table.add(Instruction.localGet(exitCodeLocal()));
      table.add(Instruction.brTable(labels));
      return List.of(Instruction.block(table));
    }

    /** A carrier for each output: outputs of one type use that type's carriers in order. */
    private List<Integer> outputGlobals() {
      Map<ValueType, Integer> counts = new EnumMap<>(ValueType.class);
      List<Integer> globals = new ArrayList<>();
      for (int output : outputs) {
        ValueType type = code.locals().get(output);
        int n = counts.merge(type, 1, Integer::sum);
        globals.add(carriers.output(type, n - 1));
      }
      return globals;
    }
  }
}

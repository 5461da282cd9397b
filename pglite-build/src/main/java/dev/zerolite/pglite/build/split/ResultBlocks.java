package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Branch;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns blocks with a result into blocks without: the result goes into a local.
 *
 * <p>What is inside such blocks can then be outlined. A region can neither leave a value on the
 * operand stack nor branch out with one.
 */
final class ResultBlocks {
  private static final int NONE = -1;

  private final FunctionCode code;

  /** For each enclosing block, innermost last: the local for its result, if it has one. */
  private final List<Integer> resultLocals = new ArrayList<>();

  /** For each enclosing block: whether branches to it carry its result. */
  private final List<Boolean> labelCarriesResult = new ArrayList<>();

  private int conditionLocal = NONE;

  private ResultBlocks(FunctionCode code) {
    this.code = code;
  }

  /**
   * Changes the function in place. It stays as it is if one of its br_tables both returns from the
   * function with a value and branches to blocks with one; LLVM emits no such thing.
   */
  static void removeFrom(FunctionCode code) {
    if (!code.type().results().isEmpty() && tableReturns(code.body(), 0)) {
      return;
    }
    List<Instruction> body = new ResultBlocks(code).list(code.body());
    code.body().clear();
    code.body().addAll(body);
  }

  private static boolean tableReturns(List<Instruction> list, int depth) {
    for (Instruction instruction : list) {
      if (instruction instanceof Block block) {
        for (List<Instruction> inner : block.lists()) {
          if (tableReturns(inner, depth + 1)) {
            return true;
          }
        }
      } else if (instruction.opcode() == Opcode.BR_TABLE
          && ((Branch) instruction).labels().contains(depth)) {
        return true;
      }
    }
    return false;
  }

  private List<Instruction> list(List<Instruction> original) {
    List<Instruction> result = new ArrayList<>(original.size());
    for (Instruction instruction : original) {
      if (instruction instanceof Block block) {
        block(block, result);
      } else if (instruction instanceof Branch branch) {
        branch(branch, result);
      } else {
        result.add(instruction);
      }
    }
    return result;
  }

  private void block(Block block, List<Instruction> out) {
    int local = block.result() == null ? NONE : code.addLocal(block.result());
    resultLocals.add(local);
    labelCarriesResult.add(block.labelArity() > 0);
    List<Instruction> body = arm(block.body(), local);
    List<Instruction> orElse = block.orElse() == null ? null : arm(block.orElse(), local);
    resultLocals.remove(resultLocals.size() - 1);
    labelCarriesResult.remove(labelCarriesResult.size() - 1);
    out.add(new Block(block.opcode(), null, body, orElse));
    if (local != NONE) {
      out.add(Instruction.localGet(local));
    }
  }

  private List<Instruction> arm(List<Instruction> original, int local) {
    List<Instruction> result = list(original);
    if (local != NONE && original.stream().noneMatch(Instruction::endsControlFlow)) {
      result.add(Instruction.localSet(local));
    }
    return result;
  }

  /** All targets of a branch take a value, or none does. */
  private void branch(Branch branch, List<Instruction> out) {
    List<Integer> locals =
        branch.labels().stream().map(this::carriedBy).filter(l -> l != NONE).distinct().toList();
    if (locals.isEmpty()) {
      out.add(branch);
      return;
    }
    boolean hasOperand = branch.opcode() != Opcode.BR;
    if (hasOperand) {
      out.add(Instruction.localSet(conditionLocal()));
    }
    for (int i = 0; i < locals.size() - 1; i++) {
      out.add(Instruction.localTee(locals.get(i)));
    }
    int last = locals.get(locals.size() - 1);
    boolean goesOn = branch.opcode() == Opcode.BR_IF; // then the value stays on the stack
    out.add(goesOn ? Instruction.localTee(last) : Instruction.localSet(last));
    if (hasOperand) {
      out.add(Instruction.localGet(conditionLocal()));
    }
    out.add(branch);
  }

  private int carriedBy(int label) {
    int index = resultLocals.size() - 1 - label;
    return index >= 0 && labelCarriesResult.get(index) ? resultLocals.get(index) : NONE;
  }

  private int conditionLocal() {
    if (conditionLocal == NONE) {
      conditionLocal = code.addLocal(ValueType.I32);
    }
    return conditionLocal;
  }
}

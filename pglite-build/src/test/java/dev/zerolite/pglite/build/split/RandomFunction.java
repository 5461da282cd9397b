package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.ByteSink;
import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.FunctionType;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Branch;
import dev.zerolite.pglite.build.wasm.Instruction.Plain;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Makes valid functions that always end, with everything that the splitter treats specially: nested
 * blocks with and without results, all kinds of branches, loops with values below them on the
 * stack, returns, side effects on a global.
 */
final class RandomFunction {
  static final FunctionType TYPE =
      new FunctionType(
          List.of(ValueType.I32, ValueType.I32, ValueType.I64), List.of(ValueType.I32));

  private static final int SIDE_EFFECTS = 0;
  private static final int INT_LOCALS = 6;
  private static final int LONG_LOCAL = 2;

  private final Random random;
  private final List<ValueType> locals = new ArrayList<>(TYPE.parameters());
  private final int[] intLocals = new int[INT_LOCALS];

  /**
   * What a branch to each enclosing block carries; null for loops, which only their end repeats.
   */
  private final List<Integer> labelArities = new ArrayList<>();

  private int budget;

  RandomFunction(long seed, int budget) {
    this.random = new Random(seed);
    this.budget = budget;
    intLocals[0] = 0;
    intLocals[1] = 1;
    for (int i = 2; i < INT_LOCALS; i++) {
      intLocals[i] = addLocal(ValueType.I32);
    }
  }

  private int addLocal(ValueType type) {
    locals.add(type);
    return locals.size() - 1;
  }

  FunctionCode make() {
    List<Instruction> body = new ArrayList<>();
    while (budget > 0) {
      statement(body, 0);
    }
    body.add(Instruction.localGet(LONG_LOCAL));
    body.add(op(0xa7, 0)); // i32.wrap_i64
    for (int local : intLocals) {
      body.add(Instruction.localGet(local));
      body.add(op(0x73, -1)); // i32.xor
    }
    body.add(Instruction.globalGet(SIDE_EFFECTS));
    body.add(op(0x73, -1));
    return new FunctionCode(TYPE, locals, body);
  }

  private static Instruction op(int opcode, int delta) {
    return new Plain(opcode, new ByteSink().u8(opcode).toByteArray(), delta);
  }

  private int anyInt() {
    return intLocals[random.nextInt(INT_LOCALS)];
  }

  /** Appends a statement; says whether control can go on behind it. */
  private boolean statement(List<Instruction> out, int depth) {
    budget--;
    switch (random.nextInt(depth > 5 || budget <= 0 ? 4 : 11)) {
      case 0, 1 -> {
        expression(out, depth);
        out.add(Instruction.localSet(anyInt()));
      }
      case 2 -> {
        expression(out, depth);
        out.add(Instruction.globalGet(SIDE_EFFECTS));
        out.add(op(0x6a, -1)); // i32.add
        out.add(Instruction.globalSet(SIDE_EFFECTS));
      }
      case 3 -> {
        out.add(Instruction.localGet(LONG_LOCAL));
        expression(out, depth);
        out.add(op(0xac, 0)); // i64.extend_i32_s
        out.add(op(0x7c, -1)); // i64.add
        out.add(Instruction.localSet(LONG_LOCAL));
      }
      case 4, 5 -> out.add(block(Opcode.BLOCK, null, depth));
      case 6 -> {
        expression(out, depth);
        out.add(block(Opcode.IF, null, depth));
      }
      case 7 -> loop(out, depth);
      case 8 -> switchStatement(out, depth);
      default -> {
        return branch(out, depth);
      }
    }
    return true;
  }

  private List<Instruction> statements(int depth) {
    List<Instruction> list = new ArrayList<>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      if (!statement(list, depth)) {
        return list;
      }
    }
    return list;
  }

  private Block block(int opcode, ValueType result, int depth) {
    labelArities.add(result == null ? 0 : 1);
    List<Instruction> body = arm(result, depth + 1);
    boolean twoArms = opcode == Opcode.IF && (result != null || random.nextBoolean());
    List<Instruction> orElse = twoArms ? arm(result, depth + 1) : null;
    labelArities.remove(labelArities.size() - 1);
    return new Block(opcode, result, body, orElse);
  }

  private List<Instruction> arm(ValueType result, int depth) {
    List<Instruction> body = statements(depth);
    boolean ends = !body.isEmpty() && body.get(body.size() - 1).endsControlFlow();
    if (result != null && !ends) {
      expression(body, depth);
    }
    return body;
  }

  /** Counts down from a small number in a local of its own. */
  private void loop(List<Instruction> out, int depth) {
    int counter = addLocal(ValueType.I32);
    out.add(Instruction.i32Const(1 + random.nextInt(3)));
    out.add(Instruction.localSet(counter));
    labelArities.add(null);
    List<Instruction> body = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      if (!statement(body, depth + 1)) {
        break;
      }
    }
    labelArities.remove(labelArities.size() - 1);
    if (body.isEmpty() || !body.get(body.size() - 1).endsControlFlow()) {
      body.add(Instruction.localGet(counter));
      body.add(Instruction.i32Const(1));
      body.add(Instruction.i32Sub());
      body.add(Instruction.localTee(counter));
      body.add(Instruction.brIf(0));
    }
    out.add(new Block(Opcode.LOOP, null, body, null));
  }

  /** A ladder of blocks with a br_table at the bottom, as LLVM makes it. */
  private void switchStatement(List<Instruction> out, int depth) {
    int cases = 2 + random.nextInt(8);
    for (int i = 0; i < cases; i++) {
      labelArities.add(0);
    }
    List<Instruction> body = new ArrayList<>();
    expression(body, depth + cases);
    body.add(Instruction.i32Const(15));
    body.add(op(0x71, -1)); // i32.and
    List<Integer> labels = new ArrayList<>();
    for (int i = random.nextInt(20); i >= 0; i--) {
      labels.add(random.nextInt(cases));
    }
    if (random.nextInt(4) != 0) {
      labels.sort(null); // as LLVM does, so that neighbours share ranges
    }
    body.add(Instruction.brTable(labels));
    for (int i = 0; i < cases; i++) {
      labelArities.remove(labelArities.size() - 1);
      Block block = Instruction.block(body);
      body = i == cases - 1 ? new ArrayList<>() : statements(depth + cases);
      if (i < cases - 1 && random.nextInt(4) != 0) {
        body.add(Instruction.br(cases - 2 - i)); // "break"
      }
      body.add(0, block);
    }
    out.addAll(body);
  }

  private boolean branch(List<Instruction> out, int depth) {
    List<Integer> targets = new ArrayList<>();
    for (int label = 0; label < labelArities.size(); label++) {
      Integer arity = labelArities.get(labelArities.size() - 1 - label);
      if (arity != null) {
        targets.add(label);
      }
    }
    if (targets.isEmpty() || random.nextInt(12) == 0) {
      expression(out, depth);
      if (depth == 0) { // never the end of everything at once
        out.add(Instruction.drop());
        return true;
      }
      out.add(Instruction.ret());
      return false;
    }
    int label = targets.get(random.nextInt(targets.size()));
    boolean carries = labelArities.get(labelArities.size() - 1 - label) == 1;
    if (carries) {
      expression(out, depth);
    }
    if (random.nextInt(3) == 0) {
      out.add(Instruction.br(label));
      return false;
    }
    expression(out, depth);
    out.add(new Branch(Opcode.BR_IF, List.of(label)));
    if (carries) {
      out.add(Instruction.drop());
    }
    return true;
  }

  /** Appends code that leaves an i32. */
  private void expression(List<Instruction> out, int depth) {
    budget--;
    switch (random.nextInt(depth > 6 || budget <= 0 ? 2 : 8)) {
      case 0 -> out.add(Instruction.i32Const(random.nextInt(-20, 200)));
      case 1 -> out.add(Instruction.localGet(anyInt()));
      case 2, 3, 4 -> {
        expression(out, depth + 1);
        expression(out, depth + 1);
        int[] operations = {0x6a, 0x6b, 0x6c, 0x71, 0x73, 0x48, 0x46};
        out.add(op(operations[random.nextInt(operations.length)], -1));
      }
      case 5 -> {
        expression(out, depth + 1);
        out.add(Instruction.localTee(anyInt()));
      }
      case 6 -> out.add(block(Opcode.BLOCK, ValueType.I32, depth + 1));
      default -> {
        expression(out, depth + 1);
        out.add(block(Opcode.IF, ValueType.I32, depth + 1));
      }
    }
  }
}

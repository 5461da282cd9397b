package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the regions of a function worth outlining. Within one list of instructions, statements
 * (runs from empty operand stack to empty operand stack) are joined up to the size limit.
 */
final class RegionFinder {
  /** Calling convention limits: beyond these the call costs more than the region is worth. */
  private static final int MAX_INPUTS = 60;

  private static final int MAX_EXITS = 40;

  private final FunctionCode code;
  private final SplitLimits limits;
  private final Outliner outliner;
  private final Liveness liveness;
  private final BytecodeSize sizes = new BytecodeSize();
  private final List<Block> enclosing = new ArrayList<>();
  private final List<Candidate> candidates = new ArrayList<>();

  /** The linear order of instructions; a list's instruction ranges never overlap by accident. */
  private final Map<List<Instruction>, int[]> ordinals = new IdentityHashMap<>();

  private int nextOrdinal;

  /**
   * A region with its place in the function's linear order and its worth.
   *
   * @param first the ordinal of its first instruction
   * @param last one past the ordinal of its last instruction, nested ones included
   */
  record Candidate(Region region, int size, double score, int first, int last) {}

  RegionFinder(FunctionCode code, SplitLimits limits, Outliner outliner) {
    this.code = code;
    this.limits = limits;
    this.outliner = outliner;
    this.liveness = new Liveness(code);
    number(code.body());
  }

  private void number(List<Instruction> list) {
    int[] starts = new int[list.size() + 1];
    for (int i = 0; i < list.size(); i++) {
      starts[i] = nextOrdinal++;
      if (list.get(i) instanceof Block block) {
        block.lists().forEach(this::number);
      }
    }
    starts[list.size()] = nextOrdinal;
    ordinals.put(list, starts);
  }

  List<Candidate> find() {
    search(code.body());
    return candidates;
  }

  private void search(List<Instruction> list) {
    joinStatements(list);
    for (Instruction instruction : list) {
      if (instruction instanceof Block block) {
        enclosing.add(block);
        block.lists().forEach(this::search);
        enclosing.remove(enclosing.size() - 1);
      }
    }
  }

  private void joinStatements(List<Instruction> list) {
    if (outliner.isWithinCall(liveness, list, 0)) {
      return;
    }
    int runStart = -1;
    int runSize = 0;
    int statementStart = 0;
    int height = 0;
    for (int i = 0; i < list.size(); i++) {
      Instruction instruction = list.get(i);
      boolean ends = instruction.endsControlFlow();
      if (!ends) {
        height += instruction.stackDelta();
      }
      boolean canCut = height == 0 && !outliner.isWithinCall(liveness, list, i + 1);
      if (!canCut && !ends) {
        continue;
      }
      // What follows an unconditional branch is dead code; it goes with the statement.
      int statementEnd = ends ? list.size() : i + 1;
      int size = sizes.of(list, statementStart, statementEnd);
      if (runStart >= 0 && runSize + size > limits.regionSize()) {
        consider(list, runStart, statementStart, runSize);
        runStart = -1;
      }
      if (size > limits.regionSize()) {
        runStart = -1;
      } else {
        if (runStart < 0) {
          runStart = statementStart;
          runSize = 0;
        }
        runSize += size;
      }
      statementStart = statementEnd;
      height = 0;
      if (ends) {
        break;
      }
    }
    if (runStart >= 0) {
      consider(list, runStart, statementStart, runSize);
    }
  }

  private void consider(List<Instruction> list, int from, int to, int size) {
    if (size < limits.smallestRegion()) {
      return;
    }
    Region region = Region.of(code, liveness, list, from, to, enclosing);
    if (region == null) {
      return;
    }
    int inputs = region.in().cardinality();
    int outputs = region.out().cardinality();
    int exits = region.exitCount();
    if (inputs > MAX_INPUTS || exits > MAX_EXITS) {
      return;
    }
    int gain = size - callSize(region);
    if (gain <= 0) {
      return;
    }
    double score = gain / (6.0 + inputs + 2 * outputs + 2 * exits);
    if (region.isFinal() && !region.returns()) {
      score *= 4; // error paths: never in a hurry
    }
    int[] starts = ordinals.get(list);
    candidates.add(new Candidate(region, size, score, starts[from], starts[to]));
  }

  /** The estimated bytecode of the call that replaces a region. */
  static int callSize(Region region) {
    int inputs = region.in().cardinality();
    int outputs = region.out().cardinality();
    int exits = region.exitCount();
    int results = region.hasSingleResult() ? 2 : 10 * outputs;
    return 7 + 2 * inputs + results + (exits == 0 ? 0 : 12 + 4 * exits);
  }
}

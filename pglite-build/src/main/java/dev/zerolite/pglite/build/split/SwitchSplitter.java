package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Rewrites a huge switch as a binary search over ranges of the index, each with a smaller switch of
 * its own. The result does the same; but now each range's switch is a run of instructions that can
 * become a function.
 *
 * <pre>
 * block                      ;; the blocks of the shared cases, as before
 *   local.set $index
 *   block
 *     $index &gt;= start of range 1 ? br 0
 *     range 0: blocks, br_table ($index - start of range 0), cases
 *   end
 *   range 1: ...
 * end
 * shared cases
 * </pre>
 */
final class SwitchSplitter {
  private final FunctionCode code;
  private final SwitchLadder ladder;
  private final SwitchPlan plan;
  private final List<Integer> shared;
  private final int indexLocal;
  private final List<Segment> segments = new ArrayList<>();

  /** Where the code of one range was put: up to the end of the list. */
  record Segment(List<Instruction> list, int from) {}

  private SwitchSplitter(FunctionCode code, SwitchLadder ladder, SwitchPlan plan) {
    this.code = code;
    this.ladder = ladder;
    this.plan = plan;
    this.shared = plan.ownedBy(SwitchPlan.SHARED);
    this.indexLocal = code.addLocal(ValueType.I32);
  }

  /**
   * Splits the function's largest switch.
   *
   * @param rangeSize about how much bytecode may go with one range
   * @return the ranges' places, fewer than two if there is nothing to split
   */
  static List<Segment> split(FunctionCode code, int rangeSize) {
    SwitchLadder ladder = SwitchLadder.largestIn(code.body()).orElse(null);
    if (ladder == null) {
      return List.of();
    }
    SwitchPlan plan = new SwitchPlan(ladder, rangeSize);
    if (plan.rangesWithCode() < 2) {
      return List.of();
    }
    SwitchSplitter splitter = new SwitchSplitter(code, ladder, plan);
    splitter.rewrite();
    return splitter.segments;
  }

  /**
   * About how small the function can get without splitting its largest switch: what remains of each
   * case is a call and its results.
   */
  static int smallestWithout(FunctionCode code) {
    int remainsOfCase = 30;
    return SwitchLadder.largestIn(code.body())
        .map(ladder -> remainsOfCase * ladder.labels() + 4 * ladder.table().size())
        .orElse(0);
  }

  /** The blocks around a list, outermost first. */
  static List<Block> enclosing(FunctionCode code, List<Instruction> list) {
    List<Block> path = new ArrayList<>();
    if (!findPath(code.body(), list, path)) {
      throw new IllegalArgumentException("the list is not part of the function");
    }
    return path;
  }

  private static boolean findPath(
      List<Instruction> from, List<Instruction> wanted, List<Block> path) {
    if (from == wanted) {
      return true;
    }
    for (Instruction instruction : from) {
      if (instruction instanceof Block block) {
        path.add(block);
        for (List<Instruction> inner : block.lists()) {
          if (findPath(inner, wanted, path)) {
            return true;
          }
        }
        path.remove(path.size() - 1);
      }
    }
    return false;
  }

  private void rewrite() {
    List<Instruction> bottom = ladder.bottom();
    List<Instruction> body =
        SwitchLadder.relabel(bottom.subList(0, bottom.size() - 1), label -> sharedLabel(label, 0));
    body.add(Instruction.localSet(indexLocal));
    dispatch(body, 0, plan.ranges(), 0);
    for (int position = 0; position < shared.size() - 1; position++) {
      int label = shared.get(position);
      int outer = position + 1;
      List<Instruction> next = new ArrayList<>();
      next.add(Instruction.block(body));
      next.addAll(
          SwitchLadder.relabel(
              ladder.codes().get(label), l -> sharedLabel(l + label + 1, 0) - outer));
      body = next;
    }
    ladder.host().set(ladder.at(), Instruction.block(body));
  }

  /**
   * The new label of a shared case or of something outside.
   *
   * @param label as the br_table saw it
   * @param depth blocks between the place and the innermost shared block
   */
  private int sharedLabel(int label, int depth) {
    int position =
        label < ladder.labels() ? shared.indexOf(label) : shared.size() + label - ladder.labels();
    if (position < 0) {
      throw new IllegalStateException("label " + label + " is not shared");
    }
    return depth + position;
  }

  /** Adds the code for the ranges from first to before last, inside that many search blocks. */
  private void dispatch(List<Instruction> list, int first, int last, int depth) {
    if (last - first == 1) {
      int from = list.size();
      segment(list, first, depth);
      segments.add(new Segment(list, from));
      return;
    }
    int middle = (first + last) / 2;
    List<Instruction> lower = new ArrayList<>();
    lower.add(Instruction.localGet(indexLocal));
    lower.add(Instruction.i32Const(plan.start(middle)));
    lower.add(Instruction.i32GeU());
    lower.add(Instruction.brIf(0));
    dispatch(lower, first, middle, depth + 1);
    list.add(Instruction.block(lower));
    dispatch(list, middle, last, depth);
  }

  /** The blocks, the br_table and the cases of one range. */
  private void segment(List<Instruction> list, int range, int depth) {
    List<Integer> owned = plan.ownedBy(range);
    List<Integer> table = new ArrayList<>();
    plan.labels(range).forEach(label -> table.add(segmentLabel(label, owned, 0, depth)));
    List<Integer> all = ladder.table();
    table.add(segmentLabel(all.get(all.size() - 1), owned, 0, depth));
    List<Instruction> body = new ArrayList<>();
    body.add(Instruction.localGet(indexLocal));
    body.add(Instruction.i32Const(plan.start(range)));
    body.add(Instruction.i32Sub());
    body.add(Instruction.brTable(table));
    for (int position = 0; position < owned.size(); position++) {
      int label = owned.get(position);
      int outer = position + 1;
      List<Instruction> next = new ArrayList<>();
      next.add(Instruction.block(body));
      List<Instruction> original = ladder.codes().get(label);
      next.addAll(
          SwitchLadder.relabel(original, l -> segmentLabel(l + label + 1, owned, outer, depth)));
      if (!SwitchLadder.endsControlFlow(original)) {
        next.add(Instruction.br(segmentLabel(label + 1, owned, outer, depth)));
      }
      body = next;
    }
    list.addAll(body);
  }

  /** A label as seen from inside a segment, behind the first {@code outer} of its blocks. */
  private int segmentLabel(int label, List<Integer> owned, int outer, int depth) {
    int position = owned.indexOf(label);
    return position >= 0 ? position - outer : owned.size() - outer + sharedLabel(label, depth);
  }
}

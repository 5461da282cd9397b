package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Branch;
import dev.zerolite.pglite.build.wasm.Opcode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * A switch statement as LLVM emits it: blocks nested in each other's first place, the br_table at
 * the bottom, and after each block the code of one case.
 *
 * <pre>
 * block            ;; label 2; its code comes after it in the host list and is not part of this
 *   block          ;; label 1
 *     block        ;; label 0
 *       ... br_table 0 1 2 1 ...
 *     end
 *     code of label 0
 *   end
 *   code of label 1
 * end
 * </pre>
 *
 * Labels are numbered as the br_table sees them; from {@link #labels} on they lie outside.
 *
 * @param host the list with the outermost block
 * @param at the outermost block's index there
 * @param bottom the list that ends with the br_table
 * @param codes the code of each label but the last
 */
record SwitchLadder(
    List<Instruction> host, int at, List<Instruction> bottom, List<List<Instruction>> codes) {

  /** How many blocks the ladder has, each with a label. */
  int labels() {
    return codes.size() + 1;
  }

  /** The label of each index; the last one is for all higher indexes. */
  List<Integer> table() {
    return table(bottom);
  }

  private static List<Integer> table(List<Instruction> bottom) {
    return ((Branch) bottom.get(bottom.size() - 1)).labels();
  }

  /** The ladder with the most labels. */
  static Optional<SwitchLadder> largestIn(List<Instruction> function) {
    Search search = new Search();
    search.list(function);
    return search.found.stream().max(Comparator.comparingInt(SwitchLadder::labels));
  }

  private static final class Search {
    private record Place(List<Instruction> list, int index, Block block) {}

    private final List<Place> path = new ArrayList<>();
    private final List<SwitchLadder> found = new ArrayList<>();

    void list(List<Instruction> list) {
      for (int i = 0; i < list.size(); i++) {
        if (list.get(i) instanceof Block block) {
          path.add(new Place(list, i, block));
          block.lists().forEach(this::list);
          path.remove(path.size() - 1);
        }
      }
      if (!list.isEmpty() && list.get(list.size() - 1).opcode() == Opcode.BR_TABLE) {
        climb(list);
      }
    }

    /** Collects the blocks above as long as each is the first instruction of the next. */
    private void climb(List<Instruction> bottom) {
      List<List<Instruction>> codes = new ArrayList<>();
      int level = path.size() - 1;
      while (level >= 0 && isPlainBlock(path.get(level).block())) {
        Place place = path.get(level);
        boolean innermostOfNext =
            level > 0 && place.index() == 0 && isPlainBlock(path.get(level - 1).block());
        if (!innermostOfNext) {
          found.add(new SwitchLadder(place.list(), place.index(), bottom, codes));
          return;
        }
        codes.add(place.list().subList(1, place.list().size()));
        level--;
      }
    }

    private static boolean isPlainBlock(Block block) {
      return block.opcode() == Opcode.BLOCK && block.result() == null;
    }
  }

  /**
   * Copies instructions whose surroundings change.
   *
   * @param newLabel gives the label that replaces one leading out of the list, both as seen from
   *     the list itself
   */
  static List<Instruction> relabel(List<Instruction> list, IntUnaryOperator newLabel) {
    return relabel(list, 0, newLabel);
  }

  private static List<Instruction> relabel(
      List<Instruction> list, int depth, IntUnaryOperator newLabel) {
    List<Instruction> result = new ArrayList<>(list.size());
    for (Instruction instruction : list) {
      if (instruction instanceof Branch branch) {
        List<Integer> labels =
            branch.labels().stream()
                .map(l -> l < depth ? l : depth + newLabel.applyAsInt(l - depth))
                .toList();
        result.add(new Branch(branch.opcode(), labels));
      } else if (instruction instanceof Block block) {
        List<Instruction> orElse =
            block.orElse() == null ? null : relabel(block.orElse(), depth + 1, newLabel);
        result.add(
            new Block(
                block.opcode(),
                block.result(),
                relabel(block.body(), depth + 1, newLabel),
                orElse));
      } else {
        result.add(instruction);
      }
    }
    return result;
  }

  /** The labels leading out of a list, as seen from the list itself. */
  static BitSet labelsOut(List<Instruction> list) {
    BitSet labels = new BitSet();
    relabel(
        list,
        label -> {
          labels.set(label);
          return label;
        });
    return labels;
  }

  static boolean endsControlFlow(List<Instruction> list) {
    return list.stream().anyMatch(Instruction::endsControlFlow);
  }
}

package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.Instruction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How the cases of a switch are dealt out: the indexes are cut into ranges, and the code of a case
 * goes with a range if only that range's indexes and code lead to it. All other cases are shared:
 * they stay where they are.
 */
final class SwitchPlan {
  /** The owner of a label that no single range has. */
  static final int SHARED = -1;

  private final SwitchLadder ladder;
  private final List<Integer> starts = new ArrayList<>();
  private final int[] owners;

  SwitchPlan(SwitchLadder ladder, int rangeSize) {
    this.ladder = ladder;
    this.owners = new int[ladder.labels()];
    cutRanges(rangeSize);
    assignOwners();
  }

  /** Ranges are cut where the code of the labels met for the first time adds up to the size. */
  private void cutRanges(int rangeSize) {
    BytecodeSize sizes = new BytecodeSize();
    BitSet met = new BitSet();
    int size = 0;
    starts.add(0);
    List<Integer> table = ladder.table();
    for (int index = 0; index < table.size() - 1; index++) {
      int label = table.get(index);
      int code = 4; // its entry in the range's own table
      if (label < ladder.labels() - 1 && !met.get(label)) {
        code += sizes.of(ladder.codes().get(label));
        met.set(label);
      }
      if (size > 0 && size + code > rangeSize) {
        starts.add(index);
        size = 0;
      }
      size += code;
    }
  }

  private void assignOwners() {
    int unseen = -2;
    Arrays.fill(owners, unseen);
    List<Integer> table = ladder.table();
    for (int range = 0; range < starts.size(); range++) {
      for (int label : labels(range)) {
        refer(label, range, unseen);
      }
    }
    refer(table.get(table.size() - 1), SHARED, unseen);
    SwitchLadder.labelsOut(ladder.bottom().subList(0, ladder.bottom().size() - 1)).stream()
        .forEach(label -> refer(label, SHARED, unseen));
    owners[ladder.labels() - 1] = SHARED;
    // Code leads on to labels further out only, so one pass from the inside suffices.
    for (int label = 0; label < ladder.labels() - 1; label++) {
      if (owners[label] == unseen) {
        owners[label] = SHARED;
      }
      int owner = owners[label];
      successors(label).stream().forEach(target -> refer(target, owner, unseen));
    }
  }

  private void refer(int label, int owner, int unseen) {
    if (label < owners.length) {
      owners[label] = owners[label] == unseen || owners[label] == owner ? owner : SHARED;
    }
  }

  /** The labels that a case's code branches or falls to, numbered as the br_table sees them. */
  private BitSet successors(int label) {
    List<Instruction> code = ladder.codes().get(label);
    BitSet result = new BitSet();
    SwitchLadder.labelsOut(code).stream().forEach(l -> result.set(l + label + 1));
    if (!SwitchLadder.endsControlFlow(code)) {
      result.set(label + 1);
    }
    return result;
  }

  /** How many ranges have cases of their own. */
  long rangesWithCode() {
    return IntStream.range(0, ranges()).filter(range -> !ownedBy(range).isEmpty()).count();
  }

  int ranges() {
    return starts.size();
  }

  /** The first index of a range. */
  int start(int range) {
    return starts.get(range);
  }

  /** The labels of a range's indexes, in order. */
  List<Integer> labels(int range) {
    List<Integer> table = ladder.table();
    int end = range + 1 < starts.size() ? starts.get(range + 1) : table.size() - 1;
    return table.subList(starts.get(range), end);
  }

  /** The labels whose code a range owns, or the shared ones, from the inside out. */
  List<Integer> ownedBy(int owner) {
    List<Integer> result = new ArrayList<>();
    for (int label = 0; label < owners.length; label++) {
      if (owners[label] == owner) {
        result.add(label);
      }
    }
    return result;
  }
}

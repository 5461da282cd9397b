package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Branch;
import dev.zerolite.pglite.build.wasm.Instruction.Local;
import dev.zerolite.pglite.build.wasm.Opcode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which locals are live where: the usual backward data-flow analysis, on the tree of blocks. A
 * label's live set is what is live at the place that a branch to it reaches.
 */
final class Liveness {
  private static final BitSet NOTHING = new BitSet();

  /** For every list: the live sets before each instruction, and after the last one. */
  private final Map<List<Instruction>, BitSet[]> positions = new IdentityHashMap<>();

  private final Map<Block, BitSet> labels = new HashMap<>();
  private final List<Block> enclosing = new ArrayList<>();

  Liveness(FunctionCode code) {
    analyse(code.body(), NOTHING);
  }

  /** The locals live before the instruction at an index, or at the list's end. */
  BitSet before(List<Instruction> list, int index) {
    return positions.get(list)[index];
  }

  /** The locals live where a branch with this label lands, seen from inside the blocks. */
  BitSet atLabel(List<Block> enclosingBlocks, int label) {
    int index = enclosingBlocks.size() - 1 - label;
    return index < 0 ? NOTHING : labels.get(enclosingBlocks.get(index));
  }

  private BitSet analyse(List<Instruction> list, BitSet after) {
    BitSet[] live = new BitSet[list.size() + 1];
    live[list.size()] = after;
    for (int i = list.size() - 1; i >= 0; i--) {
      live[i] = before(list.get(i), live[i + 1]);
    }
    positions.put(list, live);
    return live[0];
  }

  private BitSet before(Instruction instruction, BitSet after) {
    if (instruction instanceof Local local) {
      return beforeLocal(local, after);
    }
    if (instruction instanceof Branch branch) {
      return beforeBranch(branch, after);
    }
    if (instruction instanceof Block block) {
      return beforeBlock(block, after);
    }
    return instruction.endsControlFlow() ? NOTHING : after;
  }

  private static BitSet beforeLocal(Local local, BitSet after) {
    boolean read = local.opcode() == Opcode.LOCAL_GET;
    if (after.get(local.index()) == read) {
      return after;
    }
    BitSet result = (BitSet) after.clone();
    result.set(local.index(), read);
    return result;
  }

  private BitSet beforeBranch(Branch branch, BitSet after) {
    BitSet result = branch.endsControlFlow() ? new BitSet() : (BitSet) after.clone();
    for (int label : branch.labels()) {
      result.or(atLabel(enclosing, label));
    }
    return result;
  }

  private BitSet beforeBlock(Block block, BitSet after) {
    if (block.opcode() == Opcode.LOOP) {
      return beforeLoop(block, after);
    }
    labels.put(block, after);
    enclosing.add(block);
    BitSet result = analyse(block.body(), after);
    if (block.opcode() == Opcode.IF) {
      result = (BitSet) result.clone();
      result.or(block.orElse() == null ? after : analyse(block.orElse(), after));
    }
    enclosing.remove(enclosing.size() - 1);
    return result;
  }

  /** Branches to a loop's label go back to its start: iterate until that set grows no more. */
  private BitSet beforeLoop(Block loop, BitSet after) {
    enclosing.add(loop);
    BitSet start = labels.getOrDefault(loop, NOTHING);
    while (true) {
      labels.put(loop, start);
      BitSet next = (BitSet) analyse(loop.body(), after).clone();
      next.or(start);
      if (next.equals(start)) {
        enclosing.remove(enclosing.size() - 1);
        return start;
      }
      start = next;
    }
  }
}

package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Branch;
import dev.zerolite.pglite.build.wasm.Instruction.Local;
import dev.zerolite.pglite.build.wasm.Opcode;
import java.util.BitSet;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A run of instructions that could become a function of its own: it neither takes operands from the
 * stack nor leaves any there.
 *
 * @param list the list that the run is part of
 * @param from the first instruction's index
 * @param to one past the last instruction's index
 * @param enclosing the blocks around the list, outermost first
 * @param exits labels outside the run that it branches to, counted from the list
 * @param returns whether it contains a return
 * @param fallsThrough whether control can leave it at its end
 * @param used locals that it mentions
 * @param in locals whose values it needs
 * @param out locals that it changes and that are needed afterwards
 */
record Region(
    List<Instruction> list,
    int from,
    int to,
    List<Block> enclosing,
    SortedSet<Integer> exits,
    boolean returns,
    boolean fallsThrough,
    BitSet used,
    BitSet in,
    BitSet out) {

  /**
   * Describes a run, or gives null if a branch out of it carries a value, which a function call
   * cannot express.
   */
  static Region of(
      FunctionCode code,
      Liveness liveness,
      List<Instruction> list,
      int from,
      int to,
      List<Block> enclosing) {
    Scan scan = new Scan();
    scan.list(list.subList(from, to), 0);
    boolean fallsThrough = list.subList(from, to).stream().noneMatch(Instruction::endsControlFlow);
    BitSet out = fallsThrough ? (BitSet) liveness.before(list, to).clone() : new BitSet();
    for (int exit : scan.exits) {
      int block = enclosing.size() - 1 - exit;
      int arity = block < 0 ? code.type().results().size() : enclosing.get(block).labelArity();
      if (arity > 0) {
        return null;
      }
      out.or(liveness.atLabel(enclosing, exit));
    }
    BitSet used = (BitSet) scan.read.clone();
    used.or(scan.written);
    // A local that is only written may still be needed: the write may be on one of two paths.
    BitSet in = (BitSet) liveness.before(list, from).clone();
    in.and(used);
    out.and(scan.written);
    return new Region(
        list,
        from,
        to,
        List.copyOf(enclosing),
        scan.exits,
        scan.returns,
        fallsThrough,
        used,
        in,
        out);
  }

  /** The ways out, other than falling through. */
  int exitCount() {
    return exits.size() + (returns ? 1 : 0);
  }

  /** Such a run is what raises an error or finishes the function: the cheapest to call. */
  boolean isFinal() {
    return !fallsThrough && exits.isEmpty();
  }

  /** The function that results may return its only output directly. */
  boolean hasSingleResult() {
    return exitCount() == 0 && fallsThrough && out.cardinality() == 1;
  }

  private static final class Scan {
    private final BitSet read = new BitSet();
    private final BitSet written = new BitSet();
    private final SortedSet<Integer> exits = new TreeSet<>();
    private boolean returns;

    void list(List<Instruction> list, int depth) {
      for (Instruction instruction : list) {
        if (instruction instanceof Local local) {
          (local.opcode() == Opcode.LOCAL_GET ? read : written).set(local.index());
        } else if (instruction instanceof Branch branch) {
          for (int label : branch.labels()) {
            if (label >= depth) {
              exits.add(label - depth);
            }
          }
        } else if (instruction instanceof Block block) {
          block.lists().forEach(inner -> list(inner, depth + 1));
        } else if (instruction.opcode() == Opcode.RETURN) {
          returns = true;
        }
      }
    }
  }
}

package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Opcode;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the outermost loops that are entered while values lie on the operand stack.
 *
 * <p>HotSpot cannot replace a running interpreter frame whose operand stack is not empty at the
 * loop's back edge (on-stack replacement), so such a loop would stay interpreted until its method
 * is called anew. In a function of its own the stack is empty.
 */
final class StackedLoops {
  record Place(Block loop, List<Instruction> list, List<Block> enclosing) {}

  private final List<Place> found = new ArrayList<>();
  private final List<Block> enclosing = new ArrayList<>();

  private StackedLoops() {}

  static List<Place> in(FunctionCode code) {
    StackedLoops search = new StackedLoops();
    search.list(code.body(), 0);
    return search.found;
  }

  private void list(List<Instruction> list, int heightBelow) {
    int height = heightBelow;
    for (Instruction instruction : list) {
      if (instruction instanceof Block block) {
        int below = height - (block.opcode() == Opcode.IF ? 1 : 0);
        if (block.opcode() == Opcode.LOOP && below > 0) {
          found.add(new Place(block, list, List.copyOf(enclosing)));
        } else {
          enclosing.add(block);
          block.lists().forEach(inner -> list(inner, below));
          enclosing.remove(enclosing.size() - 1);
        }
      }
      if (instruction.endsControlFlow()) {
        return;
      }
      height += instruction.stackDelta();
    }
  }
}

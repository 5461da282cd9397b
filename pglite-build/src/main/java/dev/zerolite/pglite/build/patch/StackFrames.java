package dev.zerolite.pglite.build.patch;

import static dev.zerolite.pglite.build.patch.Code.code;

import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Plain;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.util.ArrayList;
import java.util.List;
import java.util.ListIterator;
import java.util.Set;

/**
 * Makes the depth of recursion visible to PostgreSQL.
 *
 * <p>stack_depth.c measures the C stack, on which a wasm function has a frame only if the address
 * of one of its variables is taken. The others live on the engine's own stack alone: a parser of
 * nested JSON could go down until that one was full, and bring down its process, where natively
 * SQLSTATE 54001 stops it. So every function that asks how deep the stack is gets a frame.
 */
final class StackFrames {
  /** clang's __stack_pointer is the first global. */
  private static final int STACK_POINTER = 0;

  /**
   * What natively such a function takes with its neighbour in the recursion; a multiple of 16, as
   * the C stack wants it.
   */
  private static final int FRAME = 128;

  /** bool stack_is_too_deep(void) */
  private static final FunctionLocator STACK_IS_TOO_DEEP =
      FunctionLocator.containing(
          code()
              .captureConst("max_stack_depth_bytes")
              .i32Load(0)
              .captureConst("stack_base_ptr")
              .i32Load(0)
              .captureLocalTee("base")
              .globalGet(STACK_POINTER)
              .i32Sub());

  private StackFrames() {}

  /** Adds the frames that are missing. */
  static void add(WasmBinary module, ModuleIndex index) {
    Set<Integer> questions =
        Set.of(
            FunctionLocator.exported("check_stack_depth").find("check_stack_depth", index),
            STACK_IS_TOO_DEEP.find("stack_is_too_deep", index));
    for (int function : index.functions()) {
      FunctionCode code = FunctionCode.decode(module, function);
      if (asks(code.body(), questions) && !hasFrame(code.body())) {
        addFrame(code);
        module.replaceBody(function, code.encode());
      }
    }
  }

  private static boolean asks(List<Instruction> list, Set<Integer> questions) {
    return list.stream()
        .anyMatch(
            instruction ->
                instruction instanceof Block block
                    ? block.lists().stream().anyMatch(inner -> asks(inner, questions))
                    : instruction.opcode() == Opcode.CALL
                        && questions.contains(((Plain) instruction).immediates().u32()));
  }

  private static boolean hasFrame(List<Instruction> list) {
    return list.stream()
        .anyMatch(
            instruction ->
                instruction instanceof Block block
                    ? block.lists().stream().anyMatch(StackFrames::hasFrame)
                    : instruction.opcode() == Opcode.GLOBAL_SET
                        && ((Plain) instruction).immediates().u32() == STACK_POINTER);
  }

  /**
   * Whatever ends the function ends a block around its code instead, so that there is one way out.
   * A longjmp() sets the stack pointer by itself.
   */
  static void addFrame(FunctionCode function) {
    List<Instruction> body = function.body();
    List<Instruction> inner = new ArrayList<>(body);
    leaveByBranch(inner, 0);
    body.clear();
    moveStackPointer(body, -FRAME);
    body.add(
        new Block(
            Opcode.BLOCK,
            function.type().results().isEmpty() ? null : function.type().results().get(0),
            inner,
            null));
    moveStackPointer(body, FRAME);
  }

  private static void leaveByBranch(List<Instruction> list, int depth) {
    for (ListIterator<Instruction> at = list.listIterator(); at.hasNext(); ) {
      Instruction instruction = at.next();
      if (instruction instanceof Block block) {
        block.lists().forEach(inner -> leaveByBranch(inner, depth + 1));
      } else if (instruction.opcode() == Opcode.RETURN) {
        at.set(Instruction.br(depth));
      }
    }
  }

  private static void moveStackPointer(List<Instruction> code, int bytes) {
    code.add(Instruction.globalGet(STACK_POINTER));
    code.add(Instruction.i32Const(-bytes));
    code.add(Instruction.i32Sub());
    code.add(Instruction.globalSet(STACK_POINTER));
  }
}

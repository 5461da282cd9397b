package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.wasm.ByteSource;
import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Instruction.Branch;
import dev.zerolite.pglite.build.wasm.Instruction.Plain;
import dev.zerolite.pglite.build.wasm.Opcode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Estimates how many bytes of JVM bytecode an instruction becomes.
 *
 * <p>The numbers follow what Endive's compiler emits (a memory access, for instance, pushes its
 * offset and the memory and calls a static method) after the build's own post-processing. Blocks
 * are remembered: an instance is good until the instruction lists change.
 */
final class BytecodeSize {
  private static final int STATIC_CALL = 3;

  /** Loads of the memory and the instance, which every generated method passes on. */
  private static final int CONTEXT = 4;

  private final Map<Block, Integer> blocks = new HashMap<>();

  int of(FunctionCode code) {
    int initialised = code.locals().size() - code.type().parameters().size();
    return 4 * initialised + of(code.body()) + 1;
  }

  int of(List<Instruction> list) {
    return of(list, 0, list.size());
  }

  int of(List<Instruction> list, int from, int to) {
    int size = 0;
    for (int i = from; i < to; i++) {
      size += of(list.get(i));
    }
    return size;
  }

  int of(Instruction instruction) {
    if (instruction instanceof Block block) {
      Integer known = blocks.get(block);
      if (known == null) {
        known = ofBlock(block);
        blocks.put(block, known);
      }
      return known;
    }
    if (instruction instanceof Branch branch) {
      return branch.opcode() == Opcode.BR_TABLE ? 16 + 4 * branch.labels().size() : 4;
    }
    if (instruction instanceof Plain plain) {
      return ofPlain(plain);
    }
    return instruction.opcode() == Opcode.LOCAL_TEE ? 3 : 2;
  }

  private int ofBlock(Block block) {
    int size = block.opcode() == Opcode.IF ? 3 : 0;
    if (block.orElse() != null) {
      size += 3;
    }
    for (List<Instruction> list : block.lists()) {
      size += of(list);
    }
    return size;
  }

  private static int ofPlain(Plain plain) {
    int opcode = plain.opcode();
    if (opcode >= Opcode.I32_LOAD && opcode <= Opcode.I64_STORE32) {
      return ofMemoryAccess(plain);
    }
    return switch (opcode) {
      case Opcode.CALL -> CONTEXT + STATIC_CALL;
      case Opcode.CALL_INDIRECT -> 1 + CONTEXT + STATIC_CALL;
      case Opcode.GLOBAL_GET, Opcode.GLOBAL_SET -> 2 + 2 + STATIC_CALL + 1;
      case Opcode.I32_CONST -> ofInt(plain.immediates().s32());
      case Opcode.I64_CONST, Opcode.F32_CONST, Opcode.F64_CONST -> 3;
      case Opcode.SELECT, Opcode.SELECT_TYPED -> 6;
      case Opcode.MEMORY_SIZE, Opcode.MEMORY_GROW -> 2 + STATIC_CALL;
      case Opcode.MISC -> 2 + STATIC_CALL + 3;
      case Opcode.UNREACHABLE -> STATIC_CALL + 1;
      case Opcode.DROP, Opcode.NOP, Opcode.RETURN -> 1;
      default -> ofNumeric(opcode);
    };
  }

  private static int ofInt(int value) {
    if (value >= -1 && value <= 5) {
      return 1;
    }
    return value == (byte) value ? 2 : 3;
  }

  private static int ofMemoryAccess(Plain plain) {
    ByteSource immediates = plain.immediates();
    immediates.u32(); // alignment
    int size = ofInt(immediates.u32()) + 2 + STATIC_CALL;
    return switch (plain.opcode()) {
      // the unsigned narrow loads and the 64-bit narrow ones convert afterwards
      case 0x2d, 0x2f -> size + 4;
      case 0x30, 0x31, 0x32, 0x33, 0x34, 0x35 -> size + 5;
      case 0x3a, 0x3b, 0x3c, 0x3d, 0x3e -> size + 2;
      default -> size;
    };
  }

  /** What the JVM has itself is one byte, the rest is a static call. */
  private static int ofNumeric(int opcode) {
    boolean native32 =
        opcode >= Opcode.I32_ADD && opcode <= 0x6c || opcode >= 0x71 && opcode <= 0x76;
    boolean native64 = opcode >= 0x7c && opcode <= 0x7e || opcode >= 0x83 && opcode <= 0x88;
    boolean nativeFloat = opcode >= 0x92 && opcode <= 0x95 || opcode >= 0xa0 && opcode <= 0xa3;
    boolean unsigned32 =
        opcode == 0x49 || opcode == 0x4b || opcode == 0x4d || opcode == Opcode.I32_GE_U;
    boolean comparesLongs = opcode >= Opcode.I64_EQZ && opcode <= 0x5a;
    if (unsigned32 || comparesLongs) {
      return 9; // both operands are shifted first
    }
    return native32 || native64 || nativeFloat ? 1 : STATIC_CALL;
  }
}

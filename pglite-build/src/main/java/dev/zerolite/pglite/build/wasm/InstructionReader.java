package dev.zerolite.pglite.build.wasm;

import java.util.ArrayList;
import java.util.List;

/** Decodes the instructions of one function body into a tree. */
final class InstructionReader {
  private final WasmBinary module;
  private final ByteSource in;

  /** The opcode that ended the last list: END or ELSE. */
  private int terminator;

  InstructionReader(WasmBinary module, ByteSource in) {
    this.module = module;
    this.in = in;
  }

  List<Instruction> function() {
    List<Instruction> body = list();
    if (terminator != Opcode.END || !in.atEnd()) {
      throw new WasmFormatException("the function body does not end where it should");
    }
    return body;
  }

  private List<Instruction> list() {
    List<Instruction> result = new ArrayList<>();
    while (true) {
      int start = in.position();
      int opcode = in.u8();
      if (opcode == Opcode.END || opcode == Opcode.ELSE) {
        terminator = opcode;
        return result;
      }
      result.add(instruction(opcode, start));
    }
  }

  private Instruction instruction(int opcode, int start) {
    switch (opcode) {
      case Opcode.BLOCK, Opcode.LOOP, Opcode.IF -> {
        int result = in.u8();
        List<Instruction> body = list();
        List<Instruction> orElse = terminator == Opcode.ELSE ? list() : null;
        ValueType type = result == Opcode.EMPTY_BLOCK ? null : ValueType.of(result);
        return new Instruction.Block(opcode, type, body, orElse);
      }
      case Opcode.BR, Opcode.BR_IF -> {
        return new Instruction.Branch(opcode, List.of(in.u32()));
      }
      case Opcode.BR_TABLE -> {
        List<Integer> labels = in.list(ByteSource::u32);
        labels.add(in.u32());
        return new Instruction.Branch(opcode, labels);
      }
      case Opcode.LOCAL_GET, Opcode.LOCAL_SET, Opcode.LOCAL_TEE -> {
        return new Instruction.Local(opcode, in.u32());
      }
      default -> {
        int delta = immediatesAndStackDelta(opcode);
        return new Instruction.Plain(opcode, in.since(start), delta);
      }
    }
  }

  /** Skips the immediates and says how the instruction changes the stack height. */
  private int immediatesAndStackDelta(int opcode) {
    switch (opcode) {
      case Opcode.UNREACHABLE, Opcode.NOP, Opcode.RETURN -> {
        return 0;
      }
      case Opcode.CALL -> {
        return module.functionType(in.u32()).stackDelta();
      }
      case Opcode.CALL_INDIRECT -> {
        FunctionType type = module.type(in.u32());
        in.u32();
        return type.stackDelta() - 1;
      }
      case Opcode.DROP -> {
        return -1;
      }
      case Opcode.SELECT -> {
        return -2;
      }
      case Opcode.SELECT_TYPED -> {
        in.list(ByteSource::valueType);
        return -2;
      }
      case Opcode.GLOBAL_GET, Opcode.REF_FUNC -> {
        in.u32();
        return 1;
      }
      case Opcode.GLOBAL_SET -> {
        in.u32();
        return -1;
      }
      case Opcode.TABLE_GET -> {
        in.u32();
        return 0;
      }
      case Opcode.TABLE_SET -> {
        in.u32();
        return -2;
      }
      case Opcode.MEMORY_SIZE -> {
        in.u8();
        return 1;
      }
      case Opcode.MEMORY_GROW -> {
        in.u8();
        return 0;
      }
      case Opcode.I32_CONST, Opcode.I64_CONST -> {
        in.s64();
        return 1;
      }
      case Opcode.F32_CONST -> {
        in.bytes(4);
        return 1;
      }
      case Opcode.F64_CONST -> {
        in.bytes(8);
        return 1;
      }
      case Opcode.REF_NULL -> {
        in.u8();
        return 1;
      }
      case Opcode.REF_IS_NULL -> {
        return 0;
      }
      case Opcode.MISC -> {
        return misc();
      }
      default -> {
        if (opcode >= Opcode.I32_LOAD && opcode <= Opcode.I64_STORE32) {
          in.u32();
          in.u32();
          return opcode < Opcode.I32_STORE ? 0 : -2;
        }
        return numericStackDelta(opcode);
      }
    }
  }

  /** The numeric instructions come in runs of unary and binary ones (binary format 5.4.7). */
  private static int numericStackDelta(int opcode) {
    if (opcode < Opcode.I32_EQZ || opcode > Opcode.I64_EXTEND32_S) {
      throw new WasmFormatException("opcode 0x%02x is not supported".formatted(opcode));
    }
    boolean binary =
        opcode > Opcode.I32_EQZ && opcode < Opcode.I64_EQZ
            || opcode > Opcode.I64_EQZ && opcode <= Opcode.F64_GE
            || opcode > Opcode.I32_POPCNT && opcode <= Opcode.I32_ROTR
            || opcode > Opcode.I64_POPCNT && opcode <= Opcode.I64_ROTR
            || opcode > Opcode.F32_SQRT && opcode <= Opcode.F32_COPYSIGN
            || opcode > Opcode.F64_SQRT && opcode <= Opcode.F64_COPYSIGN;
    return binary ? -1 : 0;
  }

  private int misc() {
    int operation = in.u32();
    switch (operation) {
      case 0, 1, 2, 3, 4, 5, 6, 7 -> { // saturating float to int
        return 0;
      }
      case 8 -> { // memory.init
        in.u32();
        in.u8();
        return -3;
      }
      case 9 -> { // data.drop
        in.u32();
        return 0;
      }
      case 10 -> { // memory.copy
        in.bytes(2);
        return -3;
      }
      case 11 -> { // memory.fill
        in.u8();
        return -3;
      }
      default -> throw new WasmFormatException("opcode 0xfc " + operation + " is not supported");
    }
  }
}

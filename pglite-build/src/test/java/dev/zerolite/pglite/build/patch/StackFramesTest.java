package dev.zerolite.pglite.build.patch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.build.wasm.ByteSink;
import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.FunctionType;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.Instruction.Block;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.ValueType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StackFramesTest {
  private static byte[] code(FunctionType type, List<Instruction> body) {
    List<ValueType> locals = new ArrayList<>(type.parameters());
    FunctionCode function = new FunctionCode(type, locals, new ArrayList<>(body));
    StackFrames.addFrame(function);
    return function.encode();
  }

  private static ByteSink move(ByteSink sink, int bytes) {
    return sink.u8(Opcode.GLOBAL_GET)
        .u32(0)
        .u8(Opcode.I32_CONST)
        .s64(bytes)
        .u8(Opcode.I32_SUB)
        .u8(Opcode.GLOBAL_SET)
        .u32(0);
  }

  @Test
  void everyWayOutTakesTheFrameAway() {
    FunctionType type = new FunctionType(List.of(ValueType.I32), List.of(ValueType.I32));
    Block condition =
        Instruction.ifThen(
            new ArrayList<>(
                List.of(Instruction.i32Const(7), Instruction.ret(), Instruction.unreachable())));
    byte[] changed =
        code(type, List.of(Instruction.localGet(0), condition, Instruction.i32Const(8)));
    ByteSink expected = move(new ByteSink().u8(0), 128);
    expected.u8(Opcode.BLOCK).u8(ValueType.I32.code()).u8(Opcode.LOCAL_GET).u32(0);
    expected.u8(Opcode.IF).u8(0x40).u8(Opcode.I32_CONST).s64(7).u8(Opcode.BR).u32(1);
    expected.u8(Opcode.UNREACHABLE).u8(Opcode.END).u8(Opcode.I32_CONST).s64(8).u8(Opcode.END);
    assertThat(changed).isEqualTo(move(expected, -128).u8(Opcode.END).toByteArray());
  }

  @Test
  void aBranchOutOfTheFunctionEndsTheBlock() {
    FunctionType type = new FunctionType(List.of(), List.of());
    byte[] changed = code(type, List.of(Instruction.br(0)));
    ByteSink expected = move(new ByteSink().u8(0), 128);
    expected.u8(Opcode.BLOCK).u8(0x40).u8(Opcode.BR).u32(0).u8(Opcode.END);
    assertThat(changed).isEqualTo(move(expected, -128).u8(Opcode.END).toByteArray());
  }
}

package dev.zerolite.pglite.build.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WasmBinaryTest {
  private static final FunctionType I32_TO_I32 =
      new FunctionType(List.of(ValueType.I32), List.of(ValueType.I32));

  /** (func (param i32) (result i32) local.get 0) */
  private static final byte[] IDENTITY = {0, 0x20, 0, 0x0b};

  private static byte[] section(int id, ByteSink content) {
    return new ByteSink().u8(id).sized(content.toByteArray()).toByteArray();
  }

  /** A module with imports, a table, a memory, data and a custom section. */
  private static byte[] everything() {
    ByteSink out = new ByteSink().bytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
    out.bytes(section(0, new ByteSink().name("dylink.0").bytes(new byte[] {1, 2, 3})));
    out.bytes(section(1, new ByteSink().u32(1).u8(0x60).u32(1).u8(0x7f).u32(1).u8(0x7f)));
    out.bytes(
        section(
            2,
            new ByteSink()
                .u32(3)
                .name("env")
                .name("poll")
                .u8(0)
                .u32(0)
                .name("env")
                .name("memory")
                .u8(2)
                .u32(1)
                .u32(2048)
                .u32(32768)
                .name("env")
                .name("base")
                .u8(3)
                .u8(0x7f)
                .u8(0)));
    out.bytes(section(3, new ByteSink().u32(1).u32(0)));
    out.bytes(section(4, new ByteSink().u32(1).u8(0x70).u8(0).u32(2)));
    out.bytes(section(6, new ByteSink().u32(1).u8(0x7f).u8(0).u8(0x41).s64(4096).u8(0x0b)));
    out.bytes(
        section(7, new ByteSink().u32(2).name("f").u8(0).u32(1).name("Variable").u8(3).u32(1)));
    out.bytes(section(9, new ByteSink().u32(1).u32(0).u8(0x41).u8(1).u8(0x0b).u32(1).u32(0)));
    out.bytes(section(10, new ByteSink().u32(1).sized(IDENTITY)));
    out.bytes(
        section(
            11, new ByteSink().u32(1).u32(0).u8(0x41).s64(4096).u8(0x0b).sized(new byte[] {7, 8})));
    return out.toByteArray();
  }

  @Test
  void writesWhatItRead() {
    assertThat(WasmBinary.parse(everything()).toByteArray()).isEqualTo(everything());
  }

  @Test
  void knowsWhatIsInTheModule() {
    WasmBinary module = WasmBinary.parse(everything());
    assertThat(module.functionCount()).isEqualTo(2);
    assertThat(module.importedFunction("env", "poll")).isZero();
    assertThat(module.exportedFunction("f")).hasValue(1);
    assertThat(module.exportedAddress("Variable")).hasValue(4096);
    assertThat(module.exportedAddress("f")).isEmpty();
    assertThat(module.data().get(0).address()).hasValue(4096);
    assertThat(module.functionsCallableThroughTables().stream()).containsExactly(0, 1);
  }

  @Test
  void addsAtTheEndOnly() {
    WasmBinary module = WasmBinary.parse(everything());
    int global = module.addGlobal(Global.zero(ValueType.I64));
    int function = module.addFunction(I32_TO_I32, IDENTITY);
    module.addExport(new Export("g", Import.Kind.FUNCTION, function));
    WasmBinary again = WasmBinary.parse(module.toByteArray());
    assertThat(global).isEqualTo(2);
    assertThat(function).isEqualTo(2);
    assertThat(again.exportedFunction("f")).hasValue(1);
    assertThat(again.exportedFunction("g")).hasValue(2);
    assertThat(again.globalCount()).isEqualTo(3);
    assertThat(again.types()).hasSize(1);
  }

  @Test
  void makesSectionsThatAreMissing() {
    WasmBinary module = WasmBinary.empty();
    int function = module.addFunction(I32_TO_I32, IDENTITY);
    module.addExport(new Export("identity", Import.Kind.FUNCTION, function));
    module.addGlobal(Global.zero(ValueType.F64));
    byte[] bytes = module.toByteArray();
    assertThat(WasmBinary.parse(bytes).toByteArray()).isEqualTo(bytes);
    assertThat(run.endive.wasm.Parser.parse(bytes).exportSection().exportCount()).isEqualTo(1);
  }

  @Test
  void stripsCodeButKeepsData() {
    WasmBinary module = WasmBinary.parse(everything());
    module.strip(Set.of("dylink.0"));
    WasmBinary again = WasmBinary.parse(module.toByteArray());
    assertThat(again.body(1)).containsExactly(0, Opcode.UNREACHABLE, Opcode.END);
    assertThat(again.data()).hasSize(1);
    module.strip(Set.of());
    assertThat(module.toByteArray().length).isLessThan(again.toByteArray().length);
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThatThrownBy(() -> WasmBinary.parse(new byte[8])).isInstanceOf(WasmFormatException.class);
    WasmBinary module = WasmBinary.empty();
    int simd = module.addFunction(I32_TO_I32, new byte[] {0, (byte) 0xfd, 0, 0x0b});
    assertThatThrownBy(() -> FunctionCode.decode(module, simd))
        .isInstanceOf(WasmFormatException.class)
        .hasMessageContaining("0xfd");
  }
}

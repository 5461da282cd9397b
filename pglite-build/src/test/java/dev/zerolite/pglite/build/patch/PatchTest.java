package dev.zerolite.pglite.build.patch;

import static dev.zerolite.pglite.build.patch.Code.code;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.build.wasm.ByteSink;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PatchTest {
  private static final int TEXT = 1024;

  private static byte[] section(int id, ByteSink content) {
    return new ByteSink().u8(id).sized(content.toByteArray()).toByteArray();
  }

  /**
   * Function 1 mentions "shutting down", function 2 "logger shutting down"; the linker has put the
   * first text into the second one's tail.
   */
  private static WasmBinary module() {
    byte[] text = "logger shutting down\0".getBytes(StandardCharsets.US_ASCII);
    ByteSink out = new ByteSink().bytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
    out.bytes(
        section(
            1,
            new ByteSink()
                .u32(2)
                .bytes(new byte[] {0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f})
                .bytes(new byte[] {0x60, 0, 0})));
    out.bytes(section(2, new ByteSink().u32(1).name("env").name("__syscall_poll").u8(0).u32(0)));
    out.bytes(section(3, new ByteSink().u32(2).u32(1).u32(1)));
    out.bytes(section(7, new ByteSink().u32(1).name("exported").u8(0).u32(2)));
    byte[] first = mention(TEXT + "logger ".length());
    byte[] second = mention(TEXT);
    out.bytes(section(10, new ByteSink().u32(2).sized(first).sized(second)));
    out.bytes(section(11, new ByteSink().u32(1).u32(0).u8(0x41).s64(TEXT).u8(0x0b).sized(text)));
    return WasmBinary.parse(out.toByteArray());
  }

  private static byte[] mention(int address) {
    return new ByteSink().u8(0).u8(0x41).s64(address).u8(0x1a).u8(0x0b).toByteArray();
  }

  private final WasmBinary module = module();
  private final ModuleIndex index = new ModuleIndex(module);

  @Test
  void findsFunctionsByTheirTexts() {
    assertThat(FunctionLocator.mentioning("shutting down").find("x", index)).isEqualTo(1);
    assertThat(FunctionLocator.mentioning("logger shutting down").find("x", index)).isEqualTo(2);
    assertThat(FunctionLocator.exported("exported").find("x", index)).isEqualTo(2);
  }

  @Test
  void namesTheFunctionThatCannotBeFound() {
    assertThatThrownBy(() -> FunctionLocator.mentioning("no such text").find("ProcKill", index))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("ProcKill")
        .hasMessageContaining("no such text")
        .hasMessageContaining("none");
  }

  @Test
  void namesTheFunctionThatIsAmbiguous() {
    assertThatThrownBy(() -> FunctionLocator.containing(code().drop()).find("kill", index))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("kill")
        .hasMessageContaining("[1, 2]");
  }

  @Test
  void putsCodeAtTheStart() {
    Patch.atStart(
            "f",
            "f.c",
            "why",
            FunctionLocator.exported("exported"),
            code().i32Const(0).i32Const(-76).i32Const(0).callHost().drop())
        .apply(index);
    assertThat(module.body(2))
        .startsWith(0, 0x41, 0, 0x41, 0xb4, 0x7f, 0x41, 0, 0x10, 0, 0x1a, 0x41);
  }

  @Test
  void replacesInstructionsThatOccurOnce() {
    Patch.replace(
            "f",
            "f.c",
            "why",
            FunctionLocator.exported("exported"),
            code().i32Const(TEXT),
            code().i32Const(7))
        .apply(index);
    assertThat(module.body(2)).containsExactly(0, 0x41, 7, 0x1a, 0x0b);
  }

  @Test
  void namesTheFunctionThatLooksDifferent() {
    Patch patch =
        Patch.replace(
            "StartupXLOG",
            "src/backend/access/transam/xlog.c",
            "why",
            FunctionLocator.exported("exported"),
            code().i32Const(42),
            code().i32Const(7));
    assertThatThrownBy(() -> patch.apply(index))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("StartupXLOG")
        .hasMessageContaining("xlog.c")
        .hasMessageContaining("0 times");
  }

  @Test
  void refusesToLeaveAMalformedFunction() {
    Patch patch =
        Patch.replace(
            "f",
            "f.c",
            "why",
            FunctionLocator.exported("exported"),
            code().drop(),
            code().drop().end().end());
    assertThatThrownBy(() -> patch.apply(index))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("malformed");
  }

  @Test
  void findsAddressesByPatterns() {
    Variable variable =
        Variable.usedBy(
            "text",
            FunctionLocator.exported("exported"),
            code().captureConst(Variable.ADDRESS).drop());
    assertThat(variable.find(index)).isEqualTo(TEXT);
  }

  @Test
  void namesTheVariableThatCannotBeFound() {
    Variable variable =
        Variable.usedBy(
            "ProcGlobal",
            FunctionLocator.exported("exported"),
            code().captureConst(Variable.ADDRESS).i32Load(0));
    assertThatThrownBy(() -> variable.find(index))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("ProcGlobal");
    assertThatThrownBy(() -> Variable.exported("MyProc").find(index))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("MyProc");
  }
}

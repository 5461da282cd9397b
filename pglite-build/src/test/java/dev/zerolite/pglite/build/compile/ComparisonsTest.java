package dev.zerolite.pglite.build.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.build.compile.EndiveCompiler.Globals;
import dev.zerolite.pglite.build.wasm.ByteSink;
import dev.zerolite.pglite.build.wasm.Export;
import dev.zerolite.pglite.build.wasm.FunctionType;
import dev.zerolite.pglite.build.wasm.Import;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.ValueType;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.Instance;
import run.endive.wasm.Parser;

/** Every comparison, as a value and in every kind of branch, against Endive's interpreter. */
class ComparisonsTest {
  private static final long[] VALUES = {
    0,
    1,
    -1,
    2,
    1664,
    -1664,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Integer.MIN_VALUE + 1L,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    0xffffffffL,
    0x80000000L
  };

  private static final FunctionType INTS =
      new FunctionType(List.of(ValueType.I32, ValueType.I32), List.of(ValueType.I32));
  private static final FunctionType LONGS =
      new FunctionType(List.of(ValueType.I64, ValueType.I64), List.of(ValueType.I32));

  private static final int I32_LE_S = 0x4c;
  private static final int I32_GT_S = 0x4a;
  private static final int CALLS_UNTIL_C2 = 500_000;

  private final WasmBinary module = WasmBinary.empty();
  private final List<String> names = new ArrayList<>();

  private void add(String name, boolean isLong, ByteSink code) {
    byte[] body = new ByteSink().u8(0).bytes(code.toByteArray()).u8(Opcode.END).toByteArray();
    int function = module.addFunction(isLong ? LONGS : INTS, body);
    module.addExport(new Export(name, Import.Kind.FUNCTION, function));
    names.add(name);
  }

  private static ByteSink operands(boolean second) {
    ByteSink code = new ByteSink().u8(Opcode.LOCAL_GET).u8(0);
    return second ? code.u8(Opcode.LOCAL_GET).u8(1) : code;
  }

  /** if (result i32) 10 else 20 */
  private static ByteSink choose(ByteSink condition) {
    return condition
        .u8(Opcode.IF)
        .u8(0x7f)
        .u8(Opcode.I32_CONST)
        .u8(10)
        .u8(Opcode.ELSE)
        .u8(Opcode.I32_CONST)
        .u8(20)
        .u8(Opcode.END);
  }

  @Test
  void allComparisonsAreRight() {
    for (int opcode = Opcode.I32_EQZ; opcode <= 0x5a; opcode++) {
      boolean isLong = opcode >= Opcode.I64_EQZ;
      boolean binary = opcode != Opcode.I32_EQZ && opcode != Opcode.I64_EQZ;
      String name = "%02x".formatted(opcode);
      add(name + " value", isLong, operands(binary).u8(opcode));
      add(name + " if", isLong, choose(operands(binary).u8(opcode)));
      add(name + " if not", isLong, choose(operands(binary).u8(opcode).u8(Opcode.I32_EQZ)));
      add(
          name + " br_if",
          isLong,
          new ByteSink()
              .u8(Opcode.BLOCK)
              .u8(0x40)
              .bytes(operands(binary).toByteArray())
              .u8(opcode)
              .u8(Opcode.BR_IF)
              .u8(0)
              .u8(Opcode.I32_CONST)
              .u8(5)
              .u8(Opcode.RETURN)
              .u8(Opcode.END)
              .u8(Opcode.I32_CONST)
              .u8(6));
      if (binary && !isLong) {
        for (int constant : new int[] {0, 1664, -1}) {
          add(
              name + " if constant " + constant,
              false,
              choose(operands(false).u8(Opcode.I32_CONST).s64(constant).u8(opcode)));
        }
      }
    }
    byte[] wasm = module.toByteArray();
    Instance interpreted = Instance.builder(Parser.parse(wasm)).build();
    CompiledClasses classes = EndiveCompiler.compile(module, "generated.Module", Globals.IN_MEMORY);
    assertThat(callsOfEndive(classes)).isEmpty();
    Instance compiled = GeneratedModule.instantiate(module, classes, "generated.Module");
    for (String name : names) {
      for (long a : VALUES) {
        for (long b : VALUES) {
          assertThat(compiled.export(name).apply(a, b))
              .as("%s of %d and %d", name, a, b)
              .isEqualTo(interpreted.export(name).apply(a, b));
        }
      }
    }
  }

  /** Which of Endive's own comparisons functions still call. */
  private static Set<String> callsOfEndive(CompiledClasses classes) {
    Set<String> calls = new TreeSet<>();
    ClassVisitor visitor =
        new ClassVisitor(Opcodes.ASM9) {
          @Override
          public MethodVisitor visitMethod(
              int access, String method, String descriptor, String signature, String[] thrown) {
            return new MethodVisitor(Opcodes.ASM9) {
              @Override
              public void visitMethodInsn(
                  int opcode, String owner, String name, String called, boolean itf) {
                if (method.startsWith("func_") && owner.startsWith("run/endive/")) {
                  calls.add(name);
                }
              }
            };
          }
        };
    classes.classes().values().forEach(bytes -> new ClassReader(bytes).accept(visitor, 0));
    return calls;
  }

  /**
   * The case that HotSpot 17 gets wrong with Endive's own code: two comparisons of one value, of
   * which the second has never failed before.
   */
  @Test
  void comparisonsStayRightWhenTheJitFoldsThem() {
    ByteSink innermost =
        new ByteSink()
            .u8(Opcode.IF)
            .u8(0x7f)
            .u8(Opcode.I32_CONST)
            .u8(1)
            .u8(Opcode.ELSE)
            .u8(Opcode.I32_CONST)
            .u8(2)
            .u8(Opcode.END);
    // n <= 1664 ? (n > 0 ? 1 : 2) : 3
    add(
        "columns",
        false,
        operands(false)
            .u8(Opcode.I32_CONST)
            .s64(1664)
            .u8(I32_LE_S)
            .u8(Opcode.IF)
            .u8(0x7f)
            .bytes(operands(false).toByteArray())
            .u8(Opcode.I32_CONST)
            .u8(0)
            .u8(I32_GT_S)
            .bytes(innermost.toByteArray())
            .u8(Opcode.ELSE)
            .u8(Opcode.I32_CONST)
            .u8(3)
            .u8(Opcode.END));
    // makes the profile of the shared helpers such that C2 inlines both of their outcomes
    add(
        "both",
        false,
        operands(true).u8(I32_LE_S).bytes(operands(true).toByteArray()).u8(I32_GT_S).u8(0x6a));
    CompiledClasses classes = EndiveCompiler.compile(module, "generated.Module", Globals.IN_MEMORY);
    Instance compiled = GeneratedModule.instantiate(module, classes, "generated.Module");
    ExportFunction both = compiled.export("both");
    ExportFunction columns = compiled.export("columns");
    for (int i = 0; i < CALLS_UNTIL_C2; i++) {
      assertThat(both.apply(i % 15, 7)[0]).isOne();
      assertThat(columns.apply(3 + i % 100, 0)[0]).isOne();
    }
    assertThat(columns.apply(0, 0)).containsExactly(2);
    assertThat(columns.apply(2000, 0)).containsExactly(3);
  }
}

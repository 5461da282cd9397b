package dev.zerolite.pglite.build.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.build.compile.EndiveCompiler.Globals;
import dev.zerolite.pglite.build.wasm.ByteSink;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import dev.zerolite.pglite.wasm.CallNumbers;
import dev.zerolite.pglite.wasm.CallTable;
import dev.zerolite.pglite.wasm.LinearMemory;
import dev.zerolite.pglite.wasm.SpareArrays;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.CodeSizeEvaluator;
import run.endive.runtime.ExportFunction;
import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.wasm.WasmEngineException;

class EndiveCompilerTest {
  private static final String CLASS = "generated.Module";
  private static final int HOTSPOT_LIMIT = 8000;

  /** More functions of one type than a method of 8000 bytes can tell apart. */
  private static final int MANY = 1500;

  /** After so many calls a function gets an object. */
  private static final int OFTEN = 1024;

  private static byte[] section(int id, ByteSink content) {
    return new ByteSink().u8(id).sized(content.toByteArray()).toByteArray();
  }

  /**
   * A table of {@code inTable} functions f(x) = x + their number, more such functions in no table,
   * and the exports {@code call(x, i)}, which calls the i-th one, and {@code remember(x)}, which
   * returns the argument of its last call by way of a global and of memory.
   */
  private static WasmBinary module(int inTable, int others) {
    int count = inTable + others;
    ByteSink out = new ByteSink().bytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
    out.bytes(
        section(
            1,
            new ByteSink()
                .u32(2)
                .bytes(new byte[] {0x60, 1, 0x7f, 1, 0x7f})
                .bytes(new byte[] {0x60, 2, 0x7f, 0x7f, 1, 0x7f})));
    ByteSink functions = new ByteSink().u32(count + 2);
    for (int i = 0; i < count; i++) {
      functions.u32(0);
    }
    out.bytes(section(3, functions.u32(1).u32(0)));
    out.bytes(section(4, new ByteSink().u32(1).u8(0x70).u8(0).u32(inTable)));
    out.bytes(section(5, new ByteSink().u32(1).u8(0).u32(1)));
    out.bytes(section(6, new ByteSink().u32(1).u8(0x7f).u8(1).u8(0x41).u8(0).u8(0x0b)));
    out.bytes(
        section(
            7,
            new ByteSink()
                .u32(2)
                .name("call")
                .u8(0)
                .u32(count)
                .name("remember")
                .u8(0)
                .u32(count + 1)));
    ByteSink elements = new ByteSink().u32(1).u32(0).u8(0x41).u8(0).u8(0x0b).u32(inTable);
    for (int i = 0; i < inTable; i++) {
      elements.u32(i);
    }
    out.bytes(section(9, elements));
    ByteSink bodies = new ByteSink().u32(count + 2);
    for (int i = 0; i < count; i++) {
      ByteSink body = new ByteSink().u8(0).u8(0x20).u8(0).u8(0x41).s64(i).u8(0x6a).u8(0x0b);
      bodies.sized(body.toByteArray());
    }
    bodies.sized(new byte[] {0, 0x20, 0, 0x20, 1, 0x11, 0, 0, 0x0b});
    bodies.sized(
        new byte[] {
          0, 0x23, 0, // the old value, from the global
          0x41, 8, 0x28, 2, 0, // and from memory
          0x73, 0x1a, // they are equal; drop that
          0x41, 8, 0x28, 2, 0, // the result
          0x41, 8, 0x20, 0, 0x36, 2, 0, // the new value to memory
          0x20, 0, 0x24, 0, // and to the global
          0x0b
        });
    return WasmBinary.parse(out.bytes(section(10, bodies)).toByteArray());
  }

  private static Instance instantiate(WasmBinary module, CompiledClasses compiled) {
    return GeneratedModule.instantiate(module, compiled, CLASS);
  }

  private static List<String> hugeMethods(CompiledClasses compiled) {
    List<String> huge = new ArrayList<>();
    compiled
        .classes()
        .values()
        .forEach(
            bytes ->
                new ClassReader(bytes)
                    .accept(
                        new ClassVisitor(Opcodes.ASM9) {
                          @Override
                          public MethodVisitor visitMethod(
                              int access, String name, String d, String s, String[] e) {
                            return new CodeSizeEvaluator(null) {
                              @Override
                              public void visitEnd() {
                                if (getMinSize() >= HOTSPOT_LIMIT) {
                                  huge.add(name);
                                }
                              }
                            };
                          }
                        },
                        0));
    return huge;
  }

  @Test
  void bigDispatchersAreSplitAndStillFindTheirFunctions() {
    WasmBinary module = module(MANY, 10);
    CompiledClasses compiled = EndiveCompiler.compile(module, CLASS, Globals.IN_MEMORY);
    assertThat(hugeMethods(compiled)).isEmpty();
    Instance instance = instantiate(module, compiled);
    for (int i : new int[] {0, 1, 511, 512, 513, 1023, 1024, MANY - 1}) {
      assertThat(instance.export("call").apply(1000, i)).containsExactly(1000 + i);
    }
  }

  /** Also when the memory says the functions' numbers, so that nobody looks at the table. */
  @ParameterizedTest
  @ValueSource(ints = {1, 20, 700, MANY})
  void functionsAreFoundByTheirNumbers(int inTable) {
    WasmBinary module = module(inTable, 10);
    CompiledClasses compiled = EndiveCompiler.compile(module, CLASS, Globals.IN_MEMORY);
    assertThat(hugeMethods(compiled)).isEmpty();
    LinearMemory memory = new LinearMemory(1, 1, 1, new SpareArrays());
    Instance instance = GeneratedModule.instantiate(module, compiled, CLASS, memory);
    int[] table = IntStream.range(0, inTable).toArray();
    memory.setCallTable(new CallTable(CallNumbers.of(table, module::functionTypeIndex).of(table)));
    TableInstance looks = instance.table(0);
    for (int i = 0; i < inTable; i++) {
      looks.setRef(i, -1, null);
    }
    for (int i = 0; i < inTable; i++) {
      assertThat(instance.export("call").apply(1000, i)).containsExactly(1000 + i);
    }
    for (int i = 0; i < inTable; i += 50) {
      callOften(instance, i);
      assertThat(LinearMemory.callTarget(i, memory)).isNotNull();
      assertThat(instance.export("call").apply(1000, i)).containsExactly(1000 + i);
    }
    assertThatThrownBy(() -> instance.export("call").apply(1000, inTable))
        .isInstanceOf(WasmEngineException.class);
    assertThatThrownBy(() -> instance.export("call").apply(1000, -1))
        .isInstanceOf(WasmEngineException.class);
  }

  /** A start calls thousands of functions; their objects' classes are not to be loaded for it. */
  @Test
  void classesAreLoadedForFunctionsThatAreCalledOften() {
    WasmBinary module = module(MANY, 10);
    CompiledClasses compiled = EndiveCompiler.compile(module, CLASS, Globals.IN_MEMORY);
    LinearMemory memory = new LinearMemory(1, 1, 1, new SpareArrays());
    Instance instance = GeneratedModule.instantiate(module, compiled, CLASS, memory);
    int[] table = IntStream.range(0, MANY).toArray();
    memory.setCallTable(new CallTable(CallNumbers.of(table, module::functionTypeIndex).of(table)));
    for (int i = 0; i < MANY; i++) {
      instance.export("call").apply(1000, i);
    }
    assertThat(GeneratedModule.loadedClasses(instance)).noneMatch(EndiveCompilerTest::isOfObjects);
    callOften(instance, 700);
    assertThat(GeneratedModule.loadedClasses(instance))
        .filteredOn(EndiveCompilerTest::isOfObjects)
        .hasSize(1);
  }

  private static boolean isOfObjects(String className) {
    return className.startsWith(CLASS + "Target_");
  }

  private static void callOften(Instance instance, int function) {
    ExportFunction call = instance.export("call");
    for (int i = 0; i < OFTEN; i++) {
      call.apply(1000, function);
    }
  }

  /** A number can only belong to another type if a module calls through a wrong pointer. */
  @ParameterizedTest
  @ValueSource(ints = {1, MANY})
  void numbersOfOtherTypesAreRefused(int inTable) {
    WasmBinary module = module(inTable, 10);
    CompiledClasses compiled = EndiveCompiler.compile(module, CLASS, Globals.IN_MEMORY);
    LinearMemory memory = new LinearMemory(1, 1, 1, new SpareArrays());
    Instance instance = GeneratedModule.instantiate(module, compiled, CLASS, memory);
    memory.setCallTable(new CallTable(new int[] {inTable + 1}));
    int callOfTwoArguments = inTable + 10;
    instance.table(0).setRef(0, callOfTwoArguments, instance);
    // by number first, then through the object
    for (int i = 0; i <= OFTEN; i++) {
      assertThatThrownBy(() -> instance.export("call").apply(1000, 0))
          .isInstanceOf(WasmEngineException.class)
          .hasMessageContaining("type mismatch");
    }
    assertThat(LinearMemory.callTarget(0, memory)).isNotNull();
  }

  @Test
  void functionsInNoTableCostNothingInDispatchers() {
    long few = EndiveCompiler.compile(module(4, 0), CLASS, Globals.IN_MEMORY).totalBytes();
    WasmBinary module = module(4, 400);
    CompiledClasses compiled = EndiveCompiler.compile(module, CLASS, Globals.IN_MEMORY);
    assertThat(dispatcherSize(compiled)).isBetween(1, 200);
    assertThat(compiled.totalBytes()).isGreaterThan(few);
    assertThat(instantiate(module, compiled).export("call").apply(5, 3)).containsExactly(8);
  }

  private static int dispatcherSize(CompiledClasses compiled) {
    int[] size = {-1};
    compiled
        .classes()
        .values()
        .forEach(
            bytes ->
                new ClassReader(bytes)
                    .accept(
                        new ClassVisitor(Opcodes.ASM9) {
                          @Override
                          public MethodVisitor visitMethod(
                              int access, String name, String d, String s, String[] e) {
                            return new CodeSizeEvaluator(null) {
                              @Override
                              public void visitEnd() {
                                if (name.equals("call_indirect_0")) {
                                  size[0] = getMaxSize();
                                }
                              }
                            };
                          }
                        },
                        0));
    return size[0];
  }

  @Test
  void globalsAndMemoryWorkInEitherPlace() {
    for (Globals globals : Globals.values()) {
      WasmBinary module = module(1, 0);
      CompiledClasses compiled = EndiveCompiler.compile(module, CLASS, globals);
      Instance instance = instantiate(module, compiled);
      assertThat(instance.export("remember").apply(7)).containsExactly(0);
      assertThat(instance.export("remember").apply(9)).containsExactly(7);
      assertThat(instance.global(0).getValue()).isEqualTo(9);
    }
  }

  @Test
  void runsFromTheStrippedModule() {
    WasmBinary module = module(2, 0);
    CompiledClasses compiled = EndiveCompiler.compile(module, CLASS, Globals.IN_MEMORY);
    module.strip(Set.of());
    assertThat(instantiate(module, compiled).export("call").apply(40, 1)).containsExactly(41);
  }
}

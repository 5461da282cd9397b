package dev.zerolite.pglite.build.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.CodeSizeEvaluator;

/**
 * The compiled methods call these millions of times; which compiler inlines them is decided by
 * size.
 */
class MemoryAccessorsTest {
  /** HotSpot's C1MaxInlineSize: up to that C1 inlines, and gives up large methods for it. */
  private static final int C1_INLINES = 35;

  /** HotSpot's FreqInlineSize: up to that C2 inlines what is called often. */
  private static final int C2_INLINES = 325;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "memoryReadShort",
        "memoryReadInt",
        "memoryReadLong",
        "memoryWriteShort",
        "memoryWriteInt",
        "memoryWriteLong"
      })
  void areInlinedByC2Only(String accessor) throws IOException {
    assertThat(sizes().get(accessor)).isGreaterThan(C1_INLINES).isLessThanOrEqualTo(C2_INLINES);
  }

  private static Map<String, Integer> sizes() throws IOException {
    Map<String, Integer> sizes = new HashMap<>();
    String file = LinearMemory.class.getSimpleName() + ".class";
    try (var stream = LinearMemory.class.getResourceAsStream(file)) {
      new ClassReader(stream)
          .accept(
              new ClassVisitor(Opcodes.ASM9) {
                @Override
                public MethodVisitor visitMethod(
                    int access, String name, String descriptor, String signature, String[] thrown) {
                  return new CodeSizeEvaluator(Opcodes.ASM9, null) {
                    @Override
                    public void visitEnd() {
                      sizes.put(name, getMinSize());
                    }
                  };
                }
              },
              0);
    }
    return sizes;
  }
}

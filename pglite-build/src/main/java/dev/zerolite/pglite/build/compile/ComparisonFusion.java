package dev.zerolite.pglite.build.compile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * Makes one JVM instruction of an integer comparison and the branch on it.
 *
 * <p>Endive emits a call of a static method "a &lt; b ? 1 : 0" and then a branch on its result.
 * That is slow before the JIT has compiled it, and <b>wrong</b> after HotSpot up to version 17 has:
 * where two such comparisons of the same value follow each other, C2 folds them into one unsigned
 * comparison; if that fails and a branch had never been taken before, execution goes on in the
 * interpreter at the first branch with the result of the comparison as an operand, and this operand
 * is the constant for "failed", even if only the second comparison has failed. PostgreSQL then says
 * things like "number of columns (0) exceeds limit (1664)". With the operands of the comparison
 * themselves on the stack the interpreter compares anew, and all is well.
 *
 * <p>Comparisons whose result is used as a number become calls of {@link Comparisons}, which do not
 * branch.
 */
final class ComparisonFusion {
  private static final String ENDIVE = "run/endive/runtime/OpcodeImpl";

  /** Endive's helper class has a method of its own for this one; it knows half of the story. */
  private static final String GE_U_HELPER = "i32_ge_u";

  /** The branch on "compared with 0" that is taken if the comparison is true. */
  private static final Map<String, Integer> CONDITIONS =
      Map.of(
          "EQ", Opcodes.IFEQ,
          "NE", Opcodes.IFNE,
          "LT", Opcodes.IFLT,
          "LE", Opcodes.IFLE,
          "GT", Opcodes.IFGT,
          "GE", Opcodes.IFGE);

  private final String helperClass;

  /**
   * @param helperClass the internal name of the generated class that gets {@link #copyHelpers}
   */
  ComparisonFusion(String helperClass) {
    this.helperClass = helperClass;
  }

  /** Adds the methods that rewritten methods call. */
  static void copyHelpers(ClassVisitor to, String helperClass) {
    String source = Type.getInternalName(Comparisons.class);
    try (InputStream in = Comparisons.class.getResourceAsStream("Comparisons.class")) {
      new ClassReader(in)
          .accept(
              new ClassVisitor(Opcodes.ASM9) {
                @Override
                public MethodVisitor visitMethod(
                    int access, String name, String descriptor, String sign, String[] exceptions) {
                  if (name.equals("<init>")) {
                    return null;
                  }
                  MethodVisitor copy =
                      to.visitMethod(
                          access | Opcodes.ACC_PUBLIC, name, descriptor, sign, exceptions);
                  return new MethodVisitor(Opcodes.ASM9, copy) {
                    @Override
                    public void visitMethodInsn(
                        int opcode, String owner, String called, String desc, boolean itf) {
                      String newOwner = owner.equals(source) ? helperClass : owner;
                      super.visitMethodInsn(opcode, newOwner, called, desc, itf);
                    }
                  };
                }
              },
              ClassReader.SKIP_DEBUG);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read an own class", e);
    }
  }

  void rewrite(MethodNode method) {
    for (AbstractInsnNode instruction : method.instructions.toArray()) {
      if (instruction instanceof JumpInsnNode jump
          && (jump.getOpcode() == Opcodes.IFEQ || jump.getOpcode() == Opcodes.IFNE)) {
        fuse(method, jump);
      }
    }
    for (AbstractInsnNode instruction : method.instructions.toArray()) {
      String comparison = comparison(instruction);
      if (comparison != null) {
        MethodInsnNode call = (MethodInsnNode) instruction;
        call.owner = helperClass;
        call.name = comparison;
      }
    }
  }

  /** WebAssembly's name of the comparison that is called here, or null. */
  private String comparison(AbstractInsnNode instruction) {
    if (!(instruction instanceof MethodInsnNode call) || call.getOpcode() != Opcodes.INVOKESTATIC) {
      return null;
    }
    if (call.name.equals(GE_U_HELPER)) {
      return "I32_GE_U";
    }
    boolean integer = call.name.startsWith("I32_") || call.name.startsWith("I64_");
    boolean compares =
        call.name.endsWith("_EQZ")
            || integer && call.name.length() >= 6 && isCondition(call.name.substring(4, 6));
    return call.owner.equals(ENDIVE) && integer && compares ? call.name : null;
  }

  private static boolean isCondition(String name) {
    return CONDITIONS.containsKey(name);
  }

  private void fuse(MethodNode method, JumpInsnNode jump) {
    InsnList code = method.instructions;
    boolean ifTrue = jump.getOpcode() == Opcodes.IFNE;
    String comparison = comparison(jump.getPrevious());
    while ("I32_EQZ".equals(comparison)) { // "not"
      code.remove(jump.getPrevious());
      ifTrue = !ifTrue;
      comparison = comparison(jump.getPrevious());
    }
    if (comparison == null) {
      jump.setOpcode(ifTrue ? Opcodes.IFNE : Opcodes.IFEQ);
      return;
    }
    code.remove(jump.getPrevious());
    boolean isLong = comparison.startsWith("I64");
    int condition = CONDITIONS.get(comparison.substring(4, 6));
    if (comparison.endsWith("_U")) {
      condition = bias(code, jump, isLong, condition);
      method.maxStack += 4; // at most: a long more, and another's copy
    } else if (comparison.endsWith("_EQZ")) {
      code.insertBefore(jump, new InsnNode(Opcodes.LCONST_0));
      method.maxStack += 2;
    }
    if (!ifTrue) {
      condition = negated(condition);
    }
    if (isLong) {
      code.insertBefore(jump, new InsnNode(Opcodes.LCMP));
      jump.setOpcode(condition);
    } else {
      jump.setOpcode(condition + Opcodes.IF_ICMPEQ - Opcodes.IFEQ);
    }
  }

  /** The opcodes come in pairs of opposites, beginning at an odd number. */
  private static int negated(int condition) {
    return (condition + 1 ^ 1) - 1;
  }

  /**
   * Adds 2^31 or 2^63 to both operands, after which a signed comparison compares them as unsigned.
   *
   * @return the condition for the operands as they lie on the stack then
   */
  private static int bias(InsnList code, JumpInsnNode jump, boolean isLong, int condition) {
    Integer constant = isLong ? null : intConstant(jump.getPrevious());
    if (constant != null) {
      code.remove(jump.getPrevious());
      addBias(code, jump, false);
      code.insertBefore(jump, new LdcInsnNode(constant + Integer.MIN_VALUE));
      return condition;
    }
    addBias(code, jump, isLong);
    if (isLong) {
      code.insertBefore(jump, new InsnNode(Opcodes.DUP2_X2));
      code.insertBefore(jump, new InsnNode(Opcodes.POP2));
    } else {
      code.insertBefore(jump, new InsnNode(Opcodes.SWAP));
    }
    addBias(code, jump, isLong);
    return swapped(condition);
  }

  private static void addBias(InsnList code, JumpInsnNode jump, boolean isLong) {
    code.insertBefore(
        jump, isLong ? new LdcInsnNode(Long.MIN_VALUE) : new LdcInsnNode(Integer.MIN_VALUE));
    code.insertBefore(jump, new InsnNode(isLong ? Opcodes.LADD : Opcodes.IADD));
  }

  /** The condition that holds for (b, a) when the given one holds for (a, b). */
  private static int swapped(int condition) {
    return switch (condition) {
      case Opcodes.IFLT -> Opcodes.IFGT;
      case Opcodes.IFGT -> Opcodes.IFLT;
      case Opcodes.IFLE -> Opcodes.IFGE;
      case Opcodes.IFGE -> Opcodes.IFLE;
      default -> condition;
    };
  }

  private static Integer intConstant(AbstractInsnNode instruction) {
    int opcode = instruction.getOpcode();
    if (opcode >= Opcodes.ICONST_M1 && opcode <= Opcodes.ICONST_5) {
      return opcode - Opcodes.ICONST_0;
    }
    if (instruction instanceof IntInsnNode push
        && (opcode == Opcodes.BIPUSH || opcode == Opcodes.SIPUSH)) {
      return push.operand;
    }
    return instruction instanceof LdcInsnNode load && load.cst instanceof Integer value
        ? value
        : null;
  }
}

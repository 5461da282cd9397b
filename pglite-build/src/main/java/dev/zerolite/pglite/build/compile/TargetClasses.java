package dev.zerolite.pglite.build.compile;

import dev.zerolite.pglite.wasm.CallTarget;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * The classes behind {@link CallTarget}: an abstract one with a method for each type of function,
 * named as Endive's dispatcher for this type, subclasses for {@value #IN_A_CLASS} functions each,
 * and a factory.
 *
 * <p>A class for each function would be one comparison less per call, but thousands of classes.
 */
final class TargetClasses {
  private static final int CLASS_BITS = 3;
  private static final int IN_A_CLASS = 1 << CLASS_BITS;

  private static final String MEMORY = Type.getInternalName(LinearMemory.class);
  private static final String TARGET = Type.getInternalName(CallTarget.class);
  private static final String NUMBER = "number";
  private static final String MAKE = "(I)Ljava/lang/Object;";

  private final String prefix;
  private final Map<String, Type> types = new LinkedHashMap<>();
  private final Map<Integer, List<Function>> byClass = new TreeMap<>();

  private record Function(int number, String type, String owner, String name) {}

  /**
   * @param prefix the internal name of the module's main class
   */
  TargetClasses(String prefix) {
    this.prefix = prefix;
  }

  /** The internal name of the abstract class. */
  String base() {
    return prefix + "Target";
  }

  private String factory() {
    return prefix + "Targets";
  }

  private String subclass(int index) {
    return base() + "_" + index;
  }

  /**
   * @param number the function's number
   * @param type the name of the method for its type
   * @param owner the class where it is
   * @param name its method there
   * @param signature the method's
   */
  void add(int number, String type, String owner, String name, Type signature) {
    types.put(type, signature);
    byClass
        .computeIfAbsent(number - 1 >> CLASS_BITS, index -> new ArrayList<>())
        .add(new Function(number, type, owner, name));
  }

  /** Puts the object for the slot in a local variable on the stack, or null. */
  void load(InsnList code, int slot) {
    callWithSlotAndMemory(code, slot, MEMORY, "callTarget", "L" + TARGET + ";");
    code.add(new TypeInsnNode(Opcodes.CHECKCAST, base()));
  }

  /** Counts a call by number of the slot in a local variable, and makes the object in time. */
  void count(InsnList code, int slot) {
    callWithSlotAndMemory(code, slot, factory(), "count", "V");
  }

  private static void callWithSlotAndMemory(
      InsnList code, int slot, String owner, String name, String result) {
    code.add(new VarInsnNode(Opcodes.ILOAD, slot));
    code.add(new VarInsnNode(Opcodes.ALOAD, slot + 2));
    code.add(
        new MethodInsnNode(
            Opcodes.INVOKESTATIC, owner, name, "(IL" + MEMORY + ";)" + result, false));
  }

  Map<String, byte[]> classes() {
    Map<String, byte[]> classes = new HashMap<>();
    if (!byClass.isEmpty()) {
      classes.put(base(), baseClass());
      classes.put(factory(), factoryClass());
      byClass.forEach(
          (index, functions) -> classes.put(subclass(index), subclass(index, functions)));
    }
    return classes;
  }

  private static ClassWriter start(int access, String name, String superName) {
    ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    writer.visit(Opcodes.V11, access | Opcodes.ACC_SUPER, name, null, superName, null);
    return writer;
  }

  private byte[] baseClass() {
    ClassWriter writer = start(Opcodes.ACC_ABSTRACT, base(), TARGET);
    writer.visitField(Opcodes.ACC_FINAL, NUMBER, "I", null, null);
    MethodVisitor code = writer.visitMethod(0, "<init>", "(I)V", null, null);
    code.visitVarInsn(Opcodes.ALOAD, 0);
    code.visitMethodInsn(Opcodes.INVOKESPECIAL, TARGET, "<init>", "()V", false);
    code.visitVarInsn(Opcodes.ALOAD, 0);
    code.visitVarInsn(Opcodes.ILOAD, 1);
    code.visitFieldInsn(Opcodes.PUTFIELD, base(), NUMBER, "I");
    code.visitInsn(Opcodes.RETURN);
    code.visitMaxs(0, 0);
    types.forEach(
        (type, signature) -> {
          MethodVisitor refusing =
              writer.visitMethod(0, type, signature.getDescriptor(), null, null);
          refuse(refusing);
          refusing.visitMaxs(0, 0);
        });
    return writer.toByteArray();
  }

  /** As in WebAssembly: a call through a pointer to a function of another type. */
  private void refuse(MethodVisitor code) {
    code.visitMethodInsn(
        Opcodes.INVOKESTATIC,
        prefix + "Shaded",
        "throwIndirectCallTypeMismatch",
        "()Ljava/lang/RuntimeException;",
        false);
    code.visitInsn(Opcodes.ATHROW);
  }

  private byte[] subclass(int index, List<Function> functions) {
    ClassWriter writer = start(Opcodes.ACC_FINAL, subclass(index), base());
    MethodVisitor code = writer.visitMethod(0, "<init>", "(I)V", null, null);
    code.visitVarInsn(Opcodes.ALOAD, 0);
    code.visitVarInsn(Opcodes.ILOAD, 1);
    code.visitMethodInsn(Opcodes.INVOKESPECIAL, base(), "<init>", "(I)V", false);
    code.visitInsn(Opcodes.RETURN);
    code.visitMaxs(0, 0);
    Map<String, List<Function>> byType = new LinkedHashMap<>();
    functions.forEach(f -> byType.computeIfAbsent(f.type(), t -> new ArrayList<>()).add(f));
    byType.forEach((type, those) -> method(writer, index, type, those));
    return writer.toByteArray();
  }

  private void method(ClassWriter writer, int index, String type, List<Function> functions) {
    Type signature = types.get(type);
    Type[] arguments = signature.getArgumentTypes();
    MethodVisitor code = writer.visitMethod(0, type, signature.getDescriptor(), null, null);
    int local = 1;
    for (Type argument : arguments) {
      code.visitVarInsn(argument.getOpcode(Opcodes.ILOAD), local);
      local += argument.getSize();
    }
    code.visitVarInsn(Opcodes.ALOAD, 0);
    code.visitFieldInsn(Opcodes.GETFIELD, base(), NUMBER, "I");
    Label other = new Label();
    Label[] labels = new Label[functions.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = new Label();
    }
    int first = functions.get(0).number();
    code.visitTableSwitchInsn(first, first + labels.length - 1, other, labels);
    Type[] locals = new Type[arguments.length + 1];
    locals[0] = Type.getObjectType(subclass(index));
    System.arraycopy(arguments, 0, locals, 1, arguments.length);
    for (int i = 0; i < labels.length; i++) {
      Function function = functions.get(i);
      code.visitLabel(labels[i]);
      TableCalls.frame(locals, arguments).accept(code);
      code.visitMethodInsn(
          Opcodes.INVOKESTATIC,
          function.owner(),
          function.name(),
          signature.getDescriptor(),
          false);
      code.visitInsn(signature.getReturnType().getOpcode(Opcodes.IRETURN));
    }
    code.visitLabel(other);
    TableCalls.frame(locals, arguments).accept(code);
    refuse(code);
    code.visitMaxs(0, 0);
  }

  private byte[] factoryClass() {
    ClassWriter writer = start(Opcodes.ACC_FINAL, factory(), "java/lang/Object");
    count(writer);
    make(writer);
    return writer.toByteArray();
  }

  /**
   * Whatever goes wrong, a stack overflow in the middle of loading a class for instance: the
   * function can go on without an object.
   */
  private void count(ClassWriter writer) {
    MethodVisitor code =
        writer.visitMethod(Opcodes.ACC_STATIC, "count", "(IL" + MEMORY + ";)V", null, null);
    Type[] locals = {Type.INT_TYPE, Type.getObjectType(MEMORY)};
    Label from = new Label();
    Label to = new Label();
    Label failed = new Label();
    Label end = new Label();
    code.visitTryCatchBlock(from, to, failed, "java/lang/Throwable");
    slotAndMemory(code, "countCall", "Z");
    code.visitJumpInsn(Opcodes.IFEQ, end);
    code.visitLabel(from);
    slotAndMemory(code, "callNumber", "I");
    code.visitMethodInsn(Opcodes.INVOKESTATIC, factory(), "make", MAKE, false);
    code.visitTypeInsn(Opcodes.CHECKCAST, TARGET);
    code.visitVarInsn(Opcodes.ILOAD, 0);
    code.visitVarInsn(Opcodes.ALOAD, 1);
    code.visitMethodInsn(
        Opcodes.INVOKESTATIC,
        MEMORY,
        "setCallTarget",
        "(L" + TARGET + ";IL" + MEMORY + ";)V",
        false);
    code.visitLabel(to);
    code.visitJumpInsn(Opcodes.GOTO, end);
    code.visitLabel(failed);
    TableCalls.frame(locals, new Type[] {Type.getType(Throwable.class)}).accept(code);
    code.visitInsn(Opcodes.POP);
    code.visitLabel(end);
    TableCalls.frame(locals, new Type[0]).accept(code);
    code.visitInsn(Opcodes.RETURN);
    code.visitMaxs(0, 0);
  }

  private static void slotAndMemory(MethodVisitor code, String name, String result) {
    code.visitVarInsn(Opcodes.ILOAD, 0);
    code.visitVarInsn(Opcodes.ALOAD, 1);
    code.visitMethodInsn(Opcodes.INVOKESTATIC, MEMORY, name, "(IL" + MEMORY + ";)" + result, false);
  }

  /**
   * A new object for a number; as it runs once per function, it may be too big to compile.
   *
   * <p>The verifier of the factory would load all the classes to see whether they are what the
   * method returns, if that were not any object.
   */
  private void make(ClassWriter writer) {
    MethodVisitor code = writer.visitMethod(Opcodes.ACC_STATIC, "make", MAKE, null, null);
    code.visitVarInsn(Opcodes.ILOAD, 0);
    code.visitInsn(Opcodes.ICONST_1);
    code.visitInsn(Opcodes.ISUB);
    code.visitIntInsn(Opcodes.BIPUSH, CLASS_BITS);
    code.visitInsn(Opcodes.ISHR);
    int[] indexes = byClass.keySet().stream().mapToInt(Integer::intValue).toArray();
    Label[] labels = new Label[indexes.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = new Label();
    }
    Label other = new Label();
    code.visitLookupSwitchInsn(other, indexes, labels);
    Type[] locals = {Type.INT_TYPE};
    for (int i = 0; i < labels.length; i++) {
      code.visitLabel(labels[i]);
      TableCalls.frame(locals, new Type[0]).accept(code);
      code.visitTypeInsn(Opcodes.NEW, subclass(indexes[i]));
      code.visitInsn(Opcodes.DUP);
      code.visitVarInsn(Opcodes.ILOAD, 0);
      code.visitMethodInsn(Opcodes.INVOKESPECIAL, subclass(indexes[i]), "<init>", "(I)V", false);
      code.visitInsn(Opcodes.ARETURN);
    }
    code.visitLabel(other);
    TableCalls.frame(locals, new Type[0]).accept(code);
    code.visitInsn(Opcodes.ACONST_NULL);
    code.visitInsn(Opcodes.ARETURN);
    code.visitMaxs(0, 0);
  }
}

package dev.zerolite.pglite.build.compile;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * Removes the type check of indirect calls into another module. Endive compares type indexes, which
 * mean nothing across modules; the main module and a side module number the same type differently.
 */
final class IndirectTypeCheck {
  private static final String INSTANCE = "run/endive/runtime/Instance";
  private static final String MACHINE = "run/endive/runtime/Machine";

  /** Shaded.callIndirect(long[] arguments, int typeId, int functionId, Instance instance). */
  private static final String DESCRIPTOR = "([JIIL" + INSTANCE + ";)[J";

  private IndirectTypeCheck() {}

  static void removeFrom(MethodNode method) {
    if (!method.name.equals("callIndirect") || !method.desc.equals(DESCRIPTOR)) {
      return;
    }
    InsnList body = new InsnList();
    body.add(new VarInsnNode(Opcodes.ALOAD, 3));
    body.add(
        new MethodInsnNode(
            Opcodes.INVOKEVIRTUAL, INSTANCE, "getMachine", "()L" + MACHINE + ";", false));
    body.add(new VarInsnNode(Opcodes.ILOAD, 2));
    body.add(new VarInsnNode(Opcodes.ALOAD, 0));
    body.add(new MethodInsnNode(Opcodes.INVOKEINTERFACE, MACHINE, "call", "(I[J)[J", true));
    body.add(new InsnNode(Opcodes.ARETURN));
    method.instructions = body;
    method.tryCatchBlocks.clear();
    method.localVariables = null;
    method.maxStack = 3;
    method.maxLocals = 4;
  }
}

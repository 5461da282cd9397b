package dev.zerolite.pglite.build.compile;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.build.compile.EndiveCompiler.Globals;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.Remapper;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.FrameNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * Makes generated methods use {@link LinearMemory} directly.
 *
 * <ul>
 *   <li>Endive's Memory type becomes LinearMemory in descriptors and frames.
 *   <li>Calls of the generated helper class that LinearMemory has, too, go there.
 *   <li>The main module's globals are read from and written to the memory object.
 *   <li>The check for a thread interrupt before every call and backward jump goes away: PostgreSQL
 *       has its own interrupts, at places where it is safe.
 * </ul>
 */
final class MemoryAccess {
  private static final String MEMORY = "run/endive/runtime/Memory";
  private static final String INSTANCE = "run/endive/runtime/Instance";
  private static final String OURS = Type.getInternalName(LinearMemory.class);
  private static final Set<String> OUR_HELPERS =
      Arrays.stream(LinearMemory.class.getDeclaredMethods())
          .filter(m -> Modifier.isStatic(m.getModifiers()) && Modifier.isPublic(m.getModifiers()))
          .map(MemoryAccess::signature)
          .collect(Collectors.toUnmodifiableSet());

  private final Remapper remapper =
      new Remapper(Opcodes.ASM9) {
        @Override
        public String map(String internalName) {
          return internalName.equals(MEMORY) ? OURS : internalName;
        }
      };

  private final String prefix;
  private final Globals globals;

  MemoryAccess(String prefix, Globals globals) {
    this.prefix = prefix;
    this.globals = globals;
  }

  private static String signature(Method method) {
    return method.getName() + Type.getMethodDescriptor(method);
  }

  /**
   * @param helperClass whether the method belongs to the class with Endive's helpers, whose own
   *     calls of each other stay
   */
  void rewrite(MethodNode method, boolean helperClass) {
    int memory = parameterSlot(method, MEMORY);
    method.desc = remapper.mapMethodDesc(method.desc);
    for (AbstractInsnNode instruction : method.instructions.toArray()) {
      if (instruction instanceof FrameNode frame) {
        frame.local = remapFrame(frame.local);
        frame.stack = remapFrame(frame.stack);
      } else if (instruction instanceof FieldInsnNode field) {
        field.desc = remapper.mapDesc(field.desc);
      } else if (instruction instanceof InvokeDynamicInsnNode dynamic) {
        refuseHandlesOnMemory(dynamic);
      } else if (instruction instanceof MethodInsnNode call) {
        if (call.owner.equals(prefix + "Shaded") && !helperClass) {
          helperCall(method, call, memory);
        } else {
          otherCall(method, call);
        }
      }
    }
  }

  private static int parameterSlot(MethodNode method, String type) {
    int slot = (method.access & Opcodes.ACC_STATIC) != 0 ? 0 : 1;
    for (Type parameter : Type.getArgumentTypes(method.desc)) {
      if (parameter.getSort() == Type.OBJECT && parameter.getInternalName().equals(type)) {
        return slot;
      }
      slot += parameter.getSize();
    }
    return -1;
  }

  private List<Object> remapFrame(List<Object> types) {
    return types == null ? null : types.stream().map(t -> MEMORY.equals(t) ? OURS : t).toList();
  }

  private void helperCall(MethodNode method, MethodInsnNode call, int memorySlot) {
    if (call.name.equals("checkInterruption")) {
      method.instructions.remove(call);
      return;
    }
    boolean global = call.name.equals("readGlobal") || call.name.equals("writeGlobal");
    if (global && globals == Globals.IN_MEMORY) {
      if (!(call.getPrevious() instanceof VarInsnNode load) || memorySlot < 0) {
        throw new BuildException(
            "Endive generates code in an unknown way (access of a global in "
                + method.name
                + "); was its version changed?");
      }
      load.var = memorySlot; // in place of the instance
      if (stackPointer(method.instructions, call, load)) {
        return;
      }
      call.desc = call.desc.replace("L" + INSTANCE + ";", "L" + OURS + ";");
      call.owner = OURS;
      return;
    }
    call.desc = remapper.mapMethodDesc(call.desc);
    if (OUR_HELPERS.contains(call.name + call.desc)) {
      call.owner = OURS;
    }
  }

  /**
   * Makes an access of a field of one of the stack pointer, which most functions read once and
   * write twice.
   *
   * @return false if it is another global, or not an int
   */
  private static boolean stackPointer(InsnList code, MethodInsnNode call, VarInsnNode load) {
    AbstractInsnNode index = load.getPrevious();
    if (index == null || index.getOpcode() != Opcodes.ICONST_0) {
      return false;
    }
    boolean read = call.name.equals("readGlobal");
    AbstractInsnNode conversion = read ? call.getNext() : index.getPrevious();
    if (conversion == null || conversion.getOpcode() != (read ? Opcodes.L2I : Opcodes.I2L)) {
      return false;
    }
    code.remove(index);
    code.remove(conversion);
    if (!read) {
      code.insertBefore(call, new InsnNode(Opcodes.SWAP));
    }
    code.set(
        call,
        new FieldInsnNode(read ? Opcodes.GETFIELD : Opcodes.PUTFIELD, OURS, "stackPointer", "I"));
    return true;
  }

  /** Calls of generated methods take our memory; what Endive's runtime returns is cast to it. */
  private void otherCall(MethodNode method, MethodInsnNode call) {
    if (call.owner.startsWith(prefix)) {
      call.desc = remapper.mapMethodDesc(call.desc);
    } else if (call.desc.endsWith(")L" + MEMORY + ";")) {
      method.instructions.insert(call, new TypeInsnNode(Opcodes.CHECKCAST, OURS));
    }
  }

  private static void refuseHandlesOnMemory(InvokeDynamicInsnNode dynamic) {
    for (Object argument : dynamic.bsmArgs) {
      if (argument instanceof Handle handle && handle.getDesc().contains(MEMORY)) {
        throw new BuildException(
            "Endive generates code in an unknown way (a method handle on its memory);"
                + " was its version changed?");
      }
    }
  }
}

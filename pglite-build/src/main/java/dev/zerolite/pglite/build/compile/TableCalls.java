package dev.zerolite.pglite.build.compile;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import dev.zerolite.pglite.wasm.CallNumbers;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.FrameNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * Indirect calls by {@link CallNumbers}, in front of Endive's way, which stays for all that has no
 * number.
 *
 * <p>Endive looks into objects of its runtime for the table, its entry and the entry's instance,
 * and then searches for the function's index; PostgreSQL's executor spent a fifth of its time so.
 * Here a function that is called often has an object ({@link TargetClasses}) with a method that
 * calls it; for all others it is one read of an array and one or two jumps through a table.
 */
final class TableCalls {
  private static final String PREFIX = "call_indirect_";
  private static final String BY_NUMBER = "_by_number";
  private static final String LOOKED_UP = "_looked_up";
  private static final String MEMORY = Type.getInternalName(LinearMemory.class);

  /**
   * The most cases in one method. Each takes four bytes in the table and four of code, which stays
   * below HotSpot's limit of 8000 bytes.
   */
  private static final int MAX_CASES = 900;

  /** Above that, ranges of 2^9 numbers get a method each. */
  private static final int CASES_BITS = 9;

  private final String prefix;
  private final WasmBinary module;
  private final CallNumbers numbers;
  private final Map<String, String> owners;
  private final TargetClasses targets;

  /**
   * @param prefix the internal name of the module's main class
   * @param owners the class of each generated function, by its name
   */
  TableCalls(String prefix, WasmBinary module, Map<String, String> owners) {
    this.prefix = prefix;
    this.module = module;
    this.numbers =
        CallNumbers.of(module.functionsInTables().stream().toArray(), module::functionTypeIndex);
    this.owners = owners;
    this.targets = new TargetClasses(prefix);
  }

  /** The classes of objects that the methods given by {@link #precede} call, by internal name. */
  Map<String, byte[]> targetClasses() {
    return targets.classes();
  }

  /** Renames the method if it is a dispatcher, and gives those that come before it. */
  List<MethodNode> precede(MethodNode method) {
    if (!method.name.startsWith(PREFIX)) {
      return List.of();
    }
    int type = Integer.parseInt(method.name.substring(PREFIX.length()));
    int first = 1;
    while (first <= numbers.count() && typeOf(first) < type) {
      first++;
    }
    int end = first;
    while (end <= numbers.count() && typeOf(end) == type) {
      end++;
    }
    if (first == end) {
      return List.of();
    }
    Dispatch dispatch = new Dispatch(method, first, end);
    method.name += LOOKED_UP;
    return dispatch.methods();
  }

  private int typeOf(int number) {
    return module.functionTypeIndex(numbers.function(number));
  }

  /** What comes before one of Endive's methods. */
  private final class Dispatch {
    private final String name;
    private final String original;
    private final Type[] parameters;

    /** Those of the function: all but slot and table, which stand before memory and instance. */
    private final Type[] arguments;

    private final Type result;
    private final int first;
    private final int end;

    Dispatch(MethodNode method, int first, int end) {
      this.name = method.name;
      this.original = method.desc;
      this.parameters = Type.getArgumentTypes(original);
      int own = parameters.length - 4;
      if (own < 0
          || parameters[own].getSort() != Type.INT
          || !parameters[own + 2].getInternalName().equals(MEMORY)) {
        throw new BuildException(
            "Endive generates code in an unknown way (parameters of "
                + name
                + "); was its version changed?");
      }
      this.arguments = Arrays.copyOf(parameters, own + 2);
      arguments[own] = parameters[own + 2];
      arguments[own + 1] = parameters[own + 3];
      this.result = Type.getReturnType(original);
      this.first = first;
      this.end = end;
    }

    List<MethodNode> methods() {
      List<MethodNode> methods = new ArrayList<>();
      methods.add(throughObject());
      for (int number = first; number < end; number++) {
        String function = "func_" + numbers.function(number);
        targets.add(
            number, name, owners.get(function), function, Type.getMethodType(result, arguments));
      }
      MethodNode entry = method(name + BY_NUMBER, parameters);
      InsnList code = entry.instructions;
      targets.count(code, slot());
      loadArguments(code);
      code.add(new VarInsnNode(Opcodes.ILOAD, slot()));
      code.add(new VarInsnNode(Opcodes.ALOAD, slot() + 2));
      code.add(
          new MethodInsnNode(
              Opcodes.INVOKESTATIC, MEMORY, "callNumber", "(IL" + MEMORY + ";)I", false));
      LabelNode other = new LabelNode();
      Type[] locals = parameters;
      if (end - first <= MAX_CASES) {
        cases(code, first, end, other, locals);
      } else {
        locals = withNumber(parameters);
        methods.addAll(ranges(code, other, locals));
        entry.maxLocals++;
      }
      code.add(other);
      code.add(frame(locals, arguments));
      loadAll(code, parameters);
      call(code, prefix, name + LOOKED_UP, original);
      entry.maxStack = size(arguments) + size(parameters) + 2;
      methods.add(entry);
      return methods;
    }

    /** The method that callers know: asks the object, or goes by number where there is none. */
    private MethodNode throughObject() {
      MethodNode entry = method(name, parameters);
      InsnList code = entry.instructions;
      int target = size(parameters);
      targets.load(code, slot());
      code.add(new VarInsnNode(Opcodes.ASTORE, target));
      code.add(new VarInsnNode(Opcodes.ALOAD, target));
      LabelNode none = new LabelNode();
      code.add(new JumpInsnNode(Opcodes.IFNULL, none));
      code.add(new VarInsnNode(Opcodes.ALOAD, target));
      loadArguments(code);
      code.add(
          new MethodInsnNode(
              Opcodes.INVOKEVIRTUAL, targets.base(), name, descriptor(arguments), false));
      code.add(new InsnNode(result.getOpcode(Opcodes.IRETURN)));
      code.add(none);
      Type[] locals = Arrays.copyOf(parameters, parameters.length + 1);
      locals[parameters.length] = Type.getObjectType(targets.base());
      code.add(frame(locals, new Type[0]));
      loadAll(code, parameters);
      call(code, prefix, name + BY_NUMBER, original);
      entry.maxStack = Math.max(size(parameters), size(arguments) + 1);
      entry.maxStack = Math.max(entry.maxStack, 2);
      entry.maxLocals++;
      return entry;
    }

    private int slot() {
      return size(parameters) - 4;
    }

    /** The function's arguments, with memory and instance, in front of whatever follows. */
    private void loadArguments(InsnList code) {
      int local = 0;
      for (int i = 0; i < parameters.length; i++) {
        if (i < parameters.length - 4 || i >= parameters.length - 2) {
          code.add(new VarInsnNode(parameters[i].getOpcode(Opcodes.ILOAD), local));
        }
        local += parameters[i].getSize();
      }
    }

    /** A switch over the number on top of the stack, and calls of the functions. */
    private void cases(InsnList code, int from, int to, LabelNode other, Type[] locals) {
      LabelNode[] labels = labels(to - from);
      code.add(new TableSwitchInsnNode(from, to - 1, other, labels));
      for (int number = from; number < to; number++) {
        String function = "func_" + numbers.function(number);
        code.add(labels[number - from]);
        code.add(frame(locals, arguments));
        call(code, owners.get(function), function, descriptor(arguments));
      }
    }

    /** Calls of methods for ranges of numbers, which are given as well. */
    private List<MethodNode> ranges(InsnList code, LabelNode other, Type[] locals) {
      int local = size(parameters);
      code.add(new VarInsnNode(Opcodes.ISTORE, local));
      code.add(new VarInsnNode(Opcodes.ILOAD, local));
      code.add(new LdcInsnNode(first));
      code.add(new InsnNode(Opcodes.ISUB));
      code.add(new IntInsnNode(Opcodes.BIPUSH, CASES_BITS));
      code.add(new InsnNode(Opcodes.ISHR));
      LabelNode[] labels = labels((end - first + (1 << CASES_BITS) - 1) >> CASES_BITS);
      code.add(new TableSwitchInsnNode(0, labels.length - 1, other, labels));
      List<MethodNode> methods = new ArrayList<>();
      for (int i = 0; i < labels.length; i++) {
        int from = first + (i << CASES_BITS);
        MethodNode range = range(from, Math.min(end, from + (1 << CASES_BITS)));
        methods.add(range);
        code.add(labels[i]);
        code.add(frame(locals, arguments));
        code.add(new VarInsnNode(Opcodes.ILOAD, local));
        call(code, prefix, range.name, range.desc);
      }
      return methods;
    }

    private MethodNode range(int from, int to) {
      Type[] all = withNumber(arguments);
      MethodNode range = method(name + "_from_" + from, all);
      InsnList code = range.instructions;
      loadAll(code, all);
      LabelNode other = new LabelNode();
      cases(code, from, to, other, all);
      // the last range only: a number behind it belongs to another type
      code.add(other);
      code.add(frame(all, arguments));
      code.add(
          new MethodInsnNode(
              Opcodes.INVOKESTATIC,
              prefix + "Shaded",
              "throwIndirectCallTypeMismatch",
              "()Ljava/lang/RuntimeException;",
              false));
      code.add(new InsnNode(Opcodes.ATHROW));
      range.maxStack = size(all) + 1;
      return range;
    }

    private MethodNode method(String methodName, Type[] types) {
      MethodNode method =
          new MethodNode(
              Opcodes.ACC_STATIC | Opcodes.ACC_PUBLIC, methodName, descriptor(types), null, null);
      method.maxLocals = size(types);
      return method;
    }

    private String descriptor(Type[] types) {
      return Type.getMethodDescriptor(result, types);
    }

    private void call(InsnList code, String owner, String function, String descriptor) {
      code.add(new MethodInsnNode(Opcodes.INVOKESTATIC, owner, function, descriptor, false));
      code.add(new InsnNode(result.getOpcode(Opcodes.IRETURN)));
    }
  }

  private static void loadAll(InsnList code, Type[] types) {
    int local = 0;
    for (Type type : types) {
      code.add(new VarInsnNode(type.getOpcode(Opcodes.ILOAD), local));
      local += type.getSize();
    }
  }

  static LabelNode[] labels(int count) {
    LabelNode[] labels = new LabelNode[count];
    Arrays.setAll(labels, i -> new LabelNode());
    return labels;
  }

  private static Type[] withNumber(Type[] types) {
    Type[] more = Arrays.copyOf(types, types.length + 1);
    more[types.length] = Type.INT_TYPE;
    return more;
  }

  private static int size(Type[] types) {
    return Arrays.stream(types).mapToInt(Type::getSize).sum();
  }

  static FrameNode frame(Type[] locals, Type[] stack) {
    return new FrameNode(
        Opcodes.F_NEW, locals.length, frameTypes(locals), stack.length, frameTypes(stack));
  }

  private static Object[] frameTypes(Type[] types) {
    return Arrays.stream(types)
        .map(
            type ->
                switch (type.getSort()) {
                  case Type.INT -> Opcodes.INTEGER;
                  case Type.LONG -> Opcodes.LONG;
                  case Type.FLOAT -> Opcodes.FLOAT;
                  case Type.DOUBLE -> Opcodes.DOUBLE;
                  default -> type.getInternalName();
                })
        .toArray();
  }
}

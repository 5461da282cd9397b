package dev.zerolite.pglite.build.compile;

import dev.zerolite.pglite.build.BuildException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.objectweb.asm.Label;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.CodeSizeEvaluator;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FrameNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * Makes the dispatchers of indirect calls small.
 *
 * <p>Endive emits for each function type one method with a switch over all functions of that type.
 * Functions that no table can hold are dropped from it. If the method still is too big for HotSpot,
 * ranges of function numbers go into methods of their own, chosen by the number's upper bits.
 */
final class DispatchSplitter {
  /** HotSpot's HugeMethodLimit with a margin. */
  private static final int MAX_METHOD_SIZE = 7900;

  /** A switch entry takes eight bytes, the call and the return four more. */
  private static final int CASES_PER_METHOD = MAX_METHOD_SIZE / 12 - 10;

  private final String className;
  private final IntPredicate callableThroughTable;

  DispatchSplitter(String className, IntPredicate callableThroughTable) {
    this.className = className;
    this.callableThroughTable = callableThroughTable;
  }

  /** Shrinks the method if it is a dispatcher and gives the methods that it calls now. */
  List<MethodNode> split(MethodNode method) {
    LookupSwitchInsnNode dispatch = findDispatch(method);
    if (dispatch == null) {
      return List.of();
    }
    dropUncallable(method, dispatch);
    if (size(method) <= MAX_METHOD_SIZE) {
      return List.of();
    }
    return new Split(method, dispatch).run();
  }

  /** The switch of a method named call_indirect_N, or of a class for one type's overflow. */
  private LookupSwitchInsnNode findDispatch(MethodNode method) {
    boolean overflow = method.name.equals("apply") && className.contains("Indirect_");
    if (!method.name.startsWith("call_indirect_") && !overflow) {
      return null;
    }
    for (AbstractInsnNode instruction : method.instructions) {
      if (instruction instanceof LookupSwitchInsnNode found) {
        return found;
      }
    }
    return null;
  }

  private void dropUncallable(MethodNode method, LookupSwitchInsnNode dispatch) {
    for (int i = dispatch.keys.size() - 1; i >= 0; i--) {
      if (!callableThroughTable.test(dispatch.keys.get(i))) {
        AbstractInsnNode at = dispatch.labels.get(i);
        dispatch.keys.remove(i);
        dispatch.labels.remove(i);
        removeThroughReturn(method, at);
      }
    }
  }

  private static void removeThroughReturn(MethodNode method, AbstractInsnNode from) {
    AbstractInsnNode at = from;
    while (true) {
      AbstractInsnNode next = at.getNext();
      int opcode = at.getOpcode();
      method.instructions.remove(at);
      if (opcode >= Opcodes.IRETURN && opcode <= Opcodes.RETURN) {
        // Endive puts a second, unreachable return after some
        while (next != null && next.getOpcode() == Opcodes.ARETURN) {
          AbstractInsnNode dead = next;
          next = next.getNext();
          method.instructions.remove(dead);
        }
        return;
      }
      at = next;
    }
  }

  private static int size(MethodNode method) {
    CodeSizeEvaluator evaluator = new CodeSizeEvaluator(null);
    method.accept(evaluator);
    return evaluator.getMaxSize();
  }

  private static final class Case {
    private final int key;
    private final MethodInsnNode call;
    private final LabelNode label;

    Case(int key, LabelNode label) {
      this.key = key;
      this.label = label;
      AbstractInsnNode at = label;
      while (!(at instanceof MethodInsnNode)) {
        at = at.getNext();
      }
      this.call = (MethodInsnNode) at;
    }
  }

  private final class Split {
    private final MethodNode method;
    private final LookupSwitchInsnNode dispatch;
    private final int keySlot;
    private final List<Case> cases = new ArrayList<>();
    private final String targetDescriptor;
    private final List<FrameNode> caseFrames = new ArrayList<>();

    Split(MethodNode method, LookupSwitchInsnNode dispatch) {
      this.method = method;
      this.dispatch = dispatch;
      if (!(dispatch.getPrevious() instanceof VarInsnNode load)) {
        throw new BuildException(
            "Endive generates code in an unknown way (dispatch in "
                + method.name
                + "); was its version changed?");
      }
      this.keySlot = load.var;
      for (int i = 0; i < dispatch.keys.size(); i++) {
        cases.add(new Case(dispatch.keys.get(i), dispatch.labels.get(i)));
      }
      this.targetDescriptor = cases.get(0).call.desc;
      for (AbstractInsnNode at = cases.get(0).label; at.getOpcode() < 0; at = at.getNext()) {
        if (at instanceof FrameNode frame) {
          caseFrames.add(frame);
        }
      }
    }

    List<MethodNode> run() {
      int shift = shift();
      Map<Integer, List<Case>> ranges = new TreeMap<>();
      for (Case one : cases) {
        ranges.computeIfAbsent(one.key >> shift, k -> new ArrayList<>()).add(one);
      }
      List<MethodNode> helpers = new ArrayList<>();
      int first = cases.get(0).key >> shift;
      int last = cases.get(cases.size() - 1).key >> shift;
      LabelNode[] labels = new LabelNode[last - first + 1];
      Arrays.fill(labels, dispatch.dflt);
      InsnList calls = new InsnList();
      ranges.forEach(
          (range, members) -> {
            MethodNode helper = helper(members);
            helpers.add(helper);
            labels[range - first] = new LabelNode(new Label());
            calls.add(labels[range - first]);
            caseFrames.forEach(frame -> calls.add(frame.clone(Map.of())));
            calls.add(new VarInsnNode(Opcodes.ILOAD, keySlot));
            calls.add(
                new MethodInsnNode(
                    Opcodes.INVOKESTATIC, className, helper.name, helper.desc, false));
            calls.add(new InsnNode(returnOpcode()));
          });
      for (Case one : cases) {
        removeThroughReturn(method, one.label);
      }
      AbstractInsnNode at = dispatch.getPrevious();
      method.instructions.insert(dispatch, calls);
      method.instructions.insert(
          dispatch, new TableSwitchInsnNode(first, last, dispatch.dflt, labels));
      method.instructions.remove(dispatch);
      method.instructions.insert(at, new InsnNode(Opcodes.ISHR));
      method.instructions.insert(at, new IntInsnNode(Opcodes.BIPUSH, shift));
      method.maxStack++;
      return helpers;
    }

    /** The widest ranges of which none has too many members. */
    private int shift() {
      for (int shift = 14; ; shift--) {
        int[] counts = new int[(cases.get(cases.size() - 1).key >> shift) + 1];
        cases.stream().mapToInt(c -> c.key).forEach(new Counter(counts, shift)::count);
        if (Arrays.stream(counts).allMatch(count -> count <= CASES_PER_METHOD)) {
          return shift;
        }
      }
    }

    private record Counter(int[] counts, int shift) {
      void count(int key) {
        counts[key >> shift]++;
      }
    }

    private int returnOpcode() {
      return Type.getReturnType(targetDescriptor).getOpcode(Opcodes.IRETURN);
    }

    /** A method that takes the target's arguments and the function number. */
    private MethodNode helper(List<Case> members) {
      Type[] arguments = Type.getArgumentTypes(targetDescriptor);
      Type[] parameters = Arrays.copyOf(arguments, arguments.length + 1);
      parameters[arguments.length] = Type.INT_TYPE;
      MethodNode helper =
          new MethodNode(
              Opcodes.ACC_STATIC | Opcodes.ACC_PUBLIC,
              method.name + "_from_" + members.get(0).key,
              Type.getMethodDescriptor(Type.getReturnType(targetDescriptor), parameters),
              null,
              null);
      InsnList code = helper.instructions;
      int slot = 0;
      for (Type argument : arguments) {
        code.add(new VarInsnNode(argument.getOpcode(Opcodes.ILOAD), slot));
        slot += argument.getSize();
      }
      code.add(new VarInsnNode(Opcodes.ILOAD, slot));
      LabelNode unknown = new LabelNode();
      LabelNode[] labels = members.stream().map(m -> new LabelNode()).toArray(LabelNode[]::new);
      int[] keys = members.stream().mapToInt(m -> m.key).toArray();
      code.add(new LookupSwitchInsnNode(unknown, keys, labels));
      for (int i = 0; i < labels.length; i++) {
        MethodInsnNode call = members.get(i).call;
        code.add(labels[i]);
        code.add(TableCalls.frame(parameters, arguments));
        code.add(new MethodInsnNode(Opcodes.INVOKESTATIC, call.owner, call.name, call.desc, false));
        code.add(new InsnNode(returnOpcode()));
      }
      code.add(unknown);
      code.add(TableCalls.frame(parameters, arguments));
      copyDefault(code, slot);
      helper.maxLocals = slot + 1;
      helper.maxStack = slot + 2;
      return helper;
    }

    /** What the original does for an unknown function: make an exception and throw it. */
    private void copyDefault(InsnList code, int key) {
      AbstractInsnNode at = dispatch.dflt;
      while (at.getOpcode() != Opcodes.ATHROW) {
        if (at instanceof MethodInsnNode call) {
          code.add(
              new MethodInsnNode(Opcodes.INVOKESTATIC, call.owner, call.name, call.desc, false));
        } else if (at instanceof VarInsnNode) {
          code.add(new VarInsnNode(Opcodes.ILOAD, key));
        }
        at = at.getNext();
      }
      code.add(new InsnNode(Opcodes.ATHROW));
    }
  }
}

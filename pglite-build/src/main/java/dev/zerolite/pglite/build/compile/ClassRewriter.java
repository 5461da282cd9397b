package dev.zerolite.pglite.build.compile;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.MethodNode;

/** Post-processes one generated class, method by method. */
final class ClassRewriter {
  private final String prefix;
  private final EndiveCompiler.Globals globals;
  private final IntPredicate callableThroughTable;
  private final TableCalls tableCalls;

  /**
   * @param prefix the internal name of the module's main class, with which all its classes begin
   * @param tableCalls null if table slots have no numbers
   */
  ClassRewriter(
      String prefix,
      EndiveCompiler.Globals globals,
      IntPredicate callableThroughTable,
      TableCalls tableCalls) {
    this.prefix = prefix;
    this.globals = globals;
    this.callableThroughTable = callableThroughTable;
    this.tableCalls = tableCalls;
  }

  byte[] rewrite(byte[] original) {
    ClassReader reader = new ClassReader(original);
    ClassWriter writer = new ClassWriter(0);
    // Expanded frames are absolute, so that methods can be cut without knowing earlier frames.
    reader.accept(new MethodByMethod(writer), ClassReader.EXPAND_FRAMES);
    return writer.toByteArray();
  }

  private final class MethodByMethod extends ClassVisitor {
    private String className;

    MethodByMethod(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public void visit(
        int version,
        int access,
        String name,
        String signature,
        String superName,
        String[] interfaces) {
      className = name;
      super.visit(version, access, name, signature, superName, interfaces);
    }

    @Override
    public void visitEnd() {
      if (className.equals(prefix + "Shaded")) {
        ComparisonFusion.copyHelpers(cv, className);
      }
      super.visitEnd();
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      return new MethodNode(Opcodes.ASM9, access, name, descriptor, signature, exceptions) {
        @Override
        public void visitEnd() {
          for (MethodNode method : rewrite(this)) {
            method.accept(cv);
          }
        }
      };
    }

    private List<MethodNode> rewrite(MethodNode method) {
      boolean helperClass = className.equals(prefix + "Shaded");
      if (helperClass) {
        IndirectTypeCheck.removeFrom(method);
      }
      new MemoryAccess(prefix, globals).rewrite(method, helperClass);
      if (!helperClass) {
        new ComparisonFusion(prefix + "Shaded").rewrite(method);
      }
      List<MethodNode> methods = new ArrayList<>();
      methods.add(method);
      methods.addAll(new DispatchSplitter(className, callableThroughTable).split(method));
      if (tableCalls != null && className.equals(prefix)) {
        methods.addAll(tableCalls.precede(method));
      }
      return methods;
    }
  }
}

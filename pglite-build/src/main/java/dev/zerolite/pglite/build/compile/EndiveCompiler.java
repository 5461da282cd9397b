package dev.zerolite.pglite.build.compile;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import run.endive.compiler.InterpreterFallback;
import run.endive.compiler.internal.ByteClassCollector;
import run.endive.compiler.internal.Compiler;
import run.endive.compiler.internal.CompilerResult;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;

/** Compiles one module to a class that implements Endive's Machine, and its companions. */
public final class EndiveCompiler {
  /**
   * How the generated code reaches the module's globals.
   *
   * <p>Only one module of a process may keep its globals in the memory object, since they are found
   * by index there: the main one.
   */
  public enum Globals {
    IN_MEMORY,
    IN_INSTANCE
  }

  private EndiveCompiler() {}

  /** Compiles; every function must fit, none is left to Endive's interpreter. */
  public static CompiledClasses compile(WasmBinary module, String className, Globals globals) {
    CompilerResult result;
    try {
      result =
          Compiler.builder(Parser.parse(module.toByteArray()))
              .withClassName(className)
              .withInterpreterFallback(InterpreterFallback.FAIL)
              .withClassCollectorFactory(ByteClassCollector::new)
              .build()
              .compile();
    } catch (WasmEngineException e) {
      throw new BuildException(
          "Endive could not compile the module for "
              + className
              + ". If a function is too big, the splitter has to learn to split it.",
          e);
    }
    String prefix = className.replace('.', '/');
    // Only the main module's table has slots that are known when it is compiled.
    TableCalls tableCalls =
        globals == Globals.IN_MEMORY
            ? new TableCalls(prefix, module, owners(result.classBytes().values()))
            : null;
    ClassRewriter rewriter =
        new ClassRewriter(
            prefix, globals, module.functionsCallableThroughTables()::get, tableCalls);
    Map<String, byte[]> classes = new TreeMap<>();
    result
        .classBytes()
        .forEach((name, bytes) -> classes.put(name.replace('.', '/'), rewriter.rewrite(bytes)));
    if (tableCalls != null) {
      classes.putAll(tableCalls.targetClasses());
    }
    return new CompiledClasses(classes);
  }

  /** The class of each function, by the name of its method. */
  private static Map<String, String> owners(Collection<byte[]> classes) {
    Map<String, String> owners = new HashMap<>();
    for (byte[] bytes : classes) {
      ClassReader reader = new ClassReader(bytes);
      reader.accept(
          new ClassVisitor(Opcodes.ASM9) {
            @Override
            public MethodVisitor visitMethod(
                int access, String name, String descriptor, String sign, String[] exceptions) {
              if (name.startsWith("func_")) {
                owners.put(name, reader.getClassName());
              }
              return null;
            }
          },
          ClassReader.SKIP_CODE);
    }
    return owners;
  }
}

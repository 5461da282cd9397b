package dev.zerolite.pglite.build;

import dev.zerolite.pglite.build.compile.CompiledClasses;
import dev.zerolite.pglite.build.compile.EndiveCompiler;
import dev.zerolite.pglite.build.compile.EndiveCompiler.Globals;
import dev.zerolite.pglite.build.split.FunctionSplitter;
import dev.zerolite.pglite.build.split.SplitLimits;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Compiles dynamic libraries, each to classes of its own, which the runtime loads when PostgreSQL
 * opens the library.
 */
final class LibraryBuild {
  private static final String PACKAGE = "dev.zerolite.pglite.engine.lib.";
  private static final String DIRECTORY = "dev/zerolite/pglite/engine/lib/";

  private LibraryBuild() {}

  /**
   * @param libraries side modules by file name
   * @param classes where packages begin
   */
  static void compile(Map<String, byte[]> libraries, Path classes) {
    try {
      Path stripped = Files.createDirectories(classes.resolve(DIRECTORY));
      for (Map.Entry<String, byte[]> library : libraries.entrySet()) {
        WasmBinary module = WasmBinary.parse(library.getValue());
        compile(library.getKey(), module).writeTo(classes);
        module.strip(Set.of("dylink.0"));
        Files.write(stripped.resolve(library.getKey()), module.toByteArray());
      }
    } catch (IOException e) {
      throw new BuildException("cannot write " + classes + ": " + e.getMessage(), e);
    }
  }

  private static CompiledClasses compile(String fileName, WasmBinary module) {
    try {
      FunctionSplitter.split(module, SplitLimits.HOTSPOT);
      return EndiveCompiler.compile(module, className(fileName), Globals.IN_INSTANCE);
    } catch (RuntimeException e) {
      throw new BuildException("cannot compile the library " + fileName, e);
    }
  }

  /** foo-bar.so is class Foo_bar; the runtime's Engine knows the same rule. */
  private static String className(String fileName) {
    String base = fileName.replaceFirst("\\.so$", "").replace('-', '_');
    return PACKAGE + Character.toUpperCase(base.charAt(0)) + base.substring(1);
  }
}

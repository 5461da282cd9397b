package dev.zerolite.pglite.build.compile;

import dev.zerolite.pglite.build.wasm.WasmBinary;
import dev.zerolite.pglite.wasm.LinearMemory;
import dev.zerolite.pglite.wasm.SpareArrays;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;

/** Runs compiled modules that are not part of the engine. */
final class GeneratedModule {
  private GeneratedModule() {}

  static Instance instantiate(WasmBinary module, CompiledClasses compiled, String className) {
    return instantiate(module, compiled, className, new LinearMemory(1, 1, 1, new SpareArrays()));
  }

  static Instance instantiate(
      WasmBinary module, CompiledClasses compiled, String className, LinearMemory memory) {
    ClassLoader loader = new Loader(compiled.classes());
    Function<Instance, Machine> machines =
        instance -> {
          try {
            return (Machine)
                loader.loadClass(className).getConstructor(Instance.class).newInstance(instance);
          } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
          }
        };
    return Instance.builder(Parser.parse(module.toByteArray()))
        .withMemoryFactory(limits -> memory)
        .withGlobalFactory(memory::newGlobal)
        .withMachineFactory(machines)
        .build();
  }

  /** The names of the module's classes that have been loaded so far. */
  static List<String> loadedClasses(Instance instance) {
    return List.copyOf(((Loader) instance.getMachine().getClass().getClassLoader()).loaded);
  }

  private static final class Loader extends ClassLoader {
    private final Map<String, byte[]> classes;
    private final List<String> loaded = new ArrayList<>();

    Loader(Map<String, byte[]> classes) {
      super(GeneratedModule.class.getClassLoader());
      this.classes = classes;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte[] bytes = classes.get(name.replace('.', '/'));
      if (bytes == null) {
        throw new ClassNotFoundException(name);
      }
      loaded.add(name);
      return defineClass(name, bytes, 0, bytes.length);
    }
  }
}

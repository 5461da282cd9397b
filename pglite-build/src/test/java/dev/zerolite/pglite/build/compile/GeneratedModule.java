package dev.zerolite.pglite.build.compile;

import dev.zerolite.pglite.build.wasm.WasmBinary;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.Map;
import java.util.function.Function;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;

/** Runs compiled modules that are not part of the engine. */
final class GeneratedModule {
  private GeneratedModule() {}

  static Instance instantiate(WasmBinary module, CompiledClasses compiled, String className) {
    return instantiate(module, compiled, className, new LinearMemory(1, 1, 1));
  }

  static Instance instantiate(
      WasmBinary module, CompiledClasses compiled, String className, LinearMemory memory) {
    Map<String, byte[]> classes = compiled.classes();
    ClassLoader loader =
        new ClassLoader(GeneratedModule.class.getClassLoader()) {
          @Override
          protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = classes.get(name.replace('.', '/'));
            if (bytes == null) {
              throw new ClassNotFoundException(name);
            }
            return defineClass(name, bytes, 0, bytes.length);
          }
        };
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
}

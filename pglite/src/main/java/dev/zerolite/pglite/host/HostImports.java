package dev.zerolite.pglite.host;

import dev.zerolite.pglite.fs.ErrnoException;
import java.util.HashMap;
import java.util.Map;
import run.endive.runtime.WasmFunctionHandle;
import run.endive.wasm.types.FunctionType;

/** The functions that programs and libraries import from the host, by name. */
final class HostImports {
  private final Map<String, HostFunction> functions = new HashMap<>();

  void function(String name, HostFunction function) {
    functions.put(name, function);
  }

  /** A function of emscripten's {@code __syscall_} family: it returns -errno when it fails. */
  void systemCall(String name, HostFunction function) {
    functions.put(
        name,
        arguments -> {
          try {
            return function.call(arguments);
          } catch (ErrnoException e) {
            return -e.errno().number();
          }
        });
  }

  /** A function of WASI: it returns 0 or an errno; results go through pointers. */
  void wasi(String name, HostFunction function) {
    functions.put(
        name,
        arguments -> {
          try {
            return function.call(arguments);
          } catch (ErrnoException e) {
            return e.errno().number();
          }
        });
  }

  /** The function of that name, or null. */
  HostFunction find(String name) {
    return functions.get(name);
  }

  /** How Endive calls a function of that type. */
  static WasmFunctionHandle handle(HostFunction function, FunctionType type) {
    return type.returns().isEmpty()
        ? (instance, arguments) -> {
          function.call(arguments);
          return null;
        }
        : (instance, arguments) -> new long[] {function.call(arguments)};
  }

  /** Stands in for an import that nobody implements. */
  static HostFunction missing(String name) {
    return arguments -> {
      throw new HostFault("the program called " + name + ", which this host does not implement");
    };
  }
}

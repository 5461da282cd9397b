package dev.zerolite.pglite.host;

import run.endive.runtime.Machine;
import run.endive.wasm.WasmEngineException;

/** An exported function of a process image, found once and called often. */
public final class NativeFunction {
  private final String name;
  private final Machine machine;
  private final int index;

  NativeFunction(String name, Machine machine, int index) {
    this.name = name;
    this.machine = machine;
    this.index = index;
  }

  public int call() {
    return result(run(new long[0]));
  }

  public int call(int a) {
    return result(run(new long[] {a}));
  }

  public int call(int a, int b) {
    return result(run(new long[] {a, b}));
  }

  public int call(int a, int b, int c) {
    return result(run(new long[] {a, b, c}));
  }

  public int call(int a, int b, int c, int d) {
    return result(run(new long[] {a, b, c, d}));
  }

  public int call(int... arguments) {
    long[] values = new long[arguments.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = arguments[i];
    }
    return result(run(values));
  }

  /** For functions with parameters or a result that are not i32; 0 if the function is void. */
  public long callLong(long... arguments) {
    long[] results = run(arguments);
    return results == null || results.length == 0 ? 0 : results[0];
  }

  private static int result(long[] results) {
    return results == null || results.length == 0 ? 0 : (int) results[0];
  }

  private long[] run(long[] arguments) {
    try {
      return machine.call(index, arguments);
    } catch (WasmEngineException | IndexOutOfBoundsException e) {
      // A trap, the JVM stack's end (Endive wraps that), or an access outside linear memory.
      throw new HostFault("trap in " + name + ": " + e.getMessage(), e);
    }
  }
}

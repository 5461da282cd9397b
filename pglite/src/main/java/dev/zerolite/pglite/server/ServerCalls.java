package dev.zerolite.pglite.server;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.host.NativeFunction;
import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.charset.StandardCharsets;

/**
 * Calls from Java into a backend's C functions, and Java's failures as its errors.
 *
 * <p>An ERROR inside a call arrives here as an exception of the host (its longjmp) that must travel
 * on untouched to the C frame that catches it. Any other exception must never unwind through wasm
 * frames, whose clean-up would be skipped: {@link #guard} makes it an ERROR of the statement.
 */
public final class ServerCalls {
  private static final int ERROR = 21; // utils/elog.h

  private final WasmProcess process;
  private final LinearMemory memory;
  private final String source;

  /** The exception that is just unwinding the backend's stack, if one is. */
  private Throwable unwinding;

  /**
   * @param source names the Java code in the location fields of error messages
   */
  public ServerCalls(WasmProcess process, String source) {
    this.process = requireNonNull(process);
    this.memory = process.memory();
    this.source = requireNonNull(source);
  }

  public LinearMemory memory() {
    return memory;
  }

  /** Calls an exported function whose parameters and result are 32 bits wide. */
  public int call(String name, int... arguments) {
    unwinding = null;
    try {
      return process.call(name, arguments);
    } catch (Throwable thrown) {
      unwinding = thrown;
      throw thrown;
    }
  }

  /** An exported function, for callers that need it often. */
  public Function function(String name) {
    return new Function(process.function(name));
  }

  /** A C function of the backend. */
  public final class Function {
    private final NativeFunction function;

    private Function(NativeFunction function) {
      this.function = function;
    }

    public int call(int a, int b) {
      unwinding = null;
      try {
        return function.call(a, b);
      } catch (Throwable thrown) {
        unwinding = thrown;
        throw thrown;
      }
    }

    public int call(int a, int b, int c) {
      unwinding = null;
      try {
        return function.call(a, b, c);
      } catch (Throwable thrown) {
        unwinding = thrown;
        throw thrown;
      }
    }
  }

  /** Calls a C function pointer. */
  public int callPointer(int pointer, long... arguments) {
    unwinding = null;
    try {
      return process.callTable(pointer, arguments);
    } catch (Throwable thrown) {
      unwinding = thrown;
      throw thrown;
    }
  }

  /** The body of a function that the backend calls. */
  @FunctionalInterface
  public interface Body {
    long run(long[] arguments);
  }

  /**
   * Runs such a body; it returns, or the backend's longjmp passes through, and nothing else. A
   * {@link ServerError} becomes the ERROR that it describes, any other exception an internal error.
   */
  public long guard(String name, Body body, long[] arguments) {
    try {
      return body.run(arguments);
    } catch (VirtualMachineError fatal) {
      throw fatal; // out of stack or memory: another call into the backend would only hide it
    } catch (Throwable thrown) {
      if (thrown == unwinding) {
        throw thrown;
      }
      if (thrown instanceof ServerError error) {
        throw raise(error);
      }
      throw raise(new ServerError("XX000", name + " failed: " + thrown));
    }
  }

  /** Raises an error as ereport(ERROR, ...) does. Does not return. */
  public IllegalStateException raise(ServerError error) {
    call("errstart", ERROR, 0);
    call("errcode", encode(error.sqlState()));
    call("errmsg_internal", newFormat(error.getMessage()), 0);
    if (!error.detail().isEmpty()) {
      call("errdetail_internal", newFormat(error.detail()), 0);
    }
    if (!error.hint().isEmpty()) {
      call("errhint", newFormat(error.hint()), 0);
    }
    call("errfinish", newCString(source), 0, newCString(source));
    throw new IllegalStateException("the server went on after an ERROR: " + error.getMessage());
  }

  /** MAKE_SQLSTATE of utils/elog.h: six bits for each character. */
  private static int encode(String sqlState) {
    int code = 0;
    for (int i = 0; i < sqlState.length(); i++) {
      code |= (sqlState.charAt(i) - '0' & 0x3f) << 6 * i;
    }
    return code;
  }

  private int newFormat(String text) {
    return newCString(text.replace("%", "%%"));
  }

  /** A NUL-terminated copy in the current memory context. */
  public int newCString(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int address = call("palloc", bytes.length + 1);
    memory.write(address, bytes, 0, bytes.length);
    memory.writeByte(address + bytes.length, (byte) 0);
    return address;
  }
}

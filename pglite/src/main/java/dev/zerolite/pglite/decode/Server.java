package dev.zerolite.pglite.decode;

import dev.zerolite.pglite.host.NativeFunction;
import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.charset.StandardCharsets;

/**
 * Calls from Java into the server's C functions, and Java's failures as the server's errors.
 *
 * <p>An ERROR inside a call arrives here as an exception of the host (its longjmp) that must travel
 * on untouched to the C frame that catches it. Any other exception must never unwind through wasm
 * frames, whose clean-up would be skipped: it becomes an ERROR of the statement, which ends the
 * decoding in an orderly way and leaves the slot where it was.
 */
final class Server {
  private static final int ERROR = 21; // utils/elog.h

  private final WasmProcess process;
  private final LinearMemory memory;

  /** The exception that is just unwinding the server's stack, if one is. */
  private Throwable unwinding;

  Server(WasmProcess process) {
    this.process = process;
    this.memory = process.memory();
  }

  LinearMemory memory() {
    return memory;
  }

  /** The address of a variable that the main module exports. */
  int address(String variable) {
    return process.address(variable);
  }

  /** An exported function, for callers that need it often. */
  Function function(String name) {
    return new Function(process.function(name));
  }

  int call(String name, int... arguments) {
    unwinding = null;
    try {
      return process.call(name, arguments);
    } catch (Throwable thrown) {
      unwinding = thrown;
      throw thrown;
    }
  }

  /** Calls a C function pointer. */
  int callPointer(int pointer, long... arguments) {
    unwinding = null;
    try {
      return process.callTable(pointer, arguments);
    } catch (Throwable thrown) {
      unwinding = thrown;
      throw thrown;
    }
  }

  /** A C function of the server. */
  final class Function {
    private final NativeFunction function;

    private Function(NativeFunction function) {
      this.function = function;
    }

    int call(int a, int b) {
      unwinding = null;
      try {
        return function.call(a, b);
      } catch (Throwable thrown) {
        unwinding = thrown;
        throw thrown;
      }
    }

    int call(int a, int b, int c) {
      unwinding = null;
      try {
        return function.call(a, b, c);
      } catch (Throwable thrown) {
        unwinding = thrown;
        throw thrown;
      }
    }
  }

  /** The body of a function that the server calls. */
  interface Body {
    long run(long[] arguments);
  }

  /** Runs such a body; it returns, or the server's longjmp passes through, and nothing else. */
  long guard(String name, Body body, long[] arguments) {
    try {
      return body.run(arguments);
    } catch (VirtualMachineError fatal) {
      throw fatal; // out of stack or memory: another call into the server would only hide it
    } catch (Throwable thrown) {
      if (thrown != unwinding) {
        raise("pgoutput: " + name + " failed: " + thrown);
      }
      throw thrown;
    }
  }

  /** Raises an internal error, as elog(ERROR, ...) does. Does not return. */
  IllegalStateException raise(String message) {
    call("errstart", ERROR, 0);
    call("errmsg_internal", newCString(message.replace("%", "%%")), 0);
    call("errfinish", newCString("pgoutput.java"), 0, newCString("pgoutput"));
    throw new IllegalStateException("the server went on after an ERROR: " + message);
  }

  int newCString(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int address = call("palloc", bytes.length + 1);
    memory.write(address, bytes, 0, bytes.length);
    memory.writeByte(address + bytes.length, (byte) 0);
    return address;
  }

  // ---- reading the server's structures ----

  int readInt(int address) {
    return memory.readInt(address);
  }

  long readLong(int address) {
    return memory.readLong(address);
  }

  int readShort(int address) {
    return memory.readShort(address);
  }

  int readByte(int address) {
    return memory.read(address) & 0xff;
  }

  /** The bytes of a NUL-terminated string. */
  byte[] readCString(int address) {
    return memory.readBytes(address, cStringLength(address));
  }

  int cStringLength(int address) {
    byte[] bytes = memory.arrayOf(address);
    int start = LinearMemory.indexOf(address);
    int end = start;
    while (bytes[end] != 0) {
      end++;
    }
    return end - start;
  }

  /** bms_is_member of nodes/bitmapset.c. */
  boolean isMember(int number, int bitmapset) {
    if (bitmapset == 0 || number >>> 5 >= readInt(bitmapset + Layouts.BITMAPSET_NWORDS)) {
      return false;
    }
    int word = readInt(bitmapset + Layouts.BITMAPSET_WORDS + 4 * (number >>> 5));
    return (word >>> number & 1) != 0;
  }

  /** GETSTRUCT of access/htup_details.h. */
  int tupleStruct(int tuple) {
    int data = readInt(tuple + Layouts.TUPLE_DATA);
    return data + readByte(data + Layouts.TUPLE_HEADER_SIZE);
  }
}

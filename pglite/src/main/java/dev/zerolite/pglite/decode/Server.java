package dev.zerolite.pglite.decode;

import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.server.ServerError;
import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * The server as decoding sees it: calls of its functions ({@link ServerCalls}) and its structures.
 *
 * <p>What fails here becomes an ERROR of the statement, which ends the decoding in an orderly way
 * and leaves the slot where it was.
 */
final class Server {
  private static final String INTERNAL_ERROR = "XX000";

  private final WasmProcess process;
  private final LinearMemory memory;
  private final ServerCalls calls;

  Server(WasmProcess process) {
    this.process = process;
    this.memory = process.memory();
    this.calls = new ServerCalls(process, "pgoutput.java");
  }

  LinearMemory memory() {
    return memory;
  }

  /** The address of a variable that the main module exports. */
  int address(String variable) {
    return process.address(variable);
  }

  /** An exported function, for callers that need it often. */
  ServerCalls.Function function(String name) {
    return calls.function(name);
  }

  int call(String name, int... arguments) {
    return calls.call(name, arguments);
  }

  /** Calls a C function pointer. */
  int callPointer(int pointer, long... arguments) {
    return calls.callPointer(pointer, arguments);
  }

  /** Runs what the server calls; it returns, or the server's longjmp passes through. */
  long guard(String name, ServerCalls.Body body, long[] arguments) {
    return calls.guard("pgoutput: " + name, body, arguments);
  }

  /** Raises an internal error, as elog(ERROR, ...) does. Does not return. */
  IllegalStateException raise(String message) {
    return calls.raise(new ServerError(INTERNAL_ERROR, message));
  }

  int newCString(String text) {
    return calls.newCString(text);
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

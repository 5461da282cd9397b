package dev.zerolite.pglite.function;

import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.server.ServerError;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.List;

/**
 * Puts rows into the tuplestore of a set-returning function.
 *
 * <p>An ERROR of the server while it does (out of memory, a cancel) unwinds through code that may
 * catch all exceptions; {@link #rethrow} sends it on its way again.
 */
final class RowWriter implements SetFunction.Rows {
  private final ServerCalls server;
  private final LinearMemory memory;
  private final Datums datums;
  private final String function;
  private final List<Column> columns;
  private final int store;
  private final int descriptor;
  private final int interruptPending;
  private final int values;
  private final int nulls;

  /** What is unwinding PostgreSQL's frames, so that it must pass whatever the function catches. */
  private Throwable unwinding;

  RowWriter(
      WasmProcess process,
      ServerCalls server,
      FunctionLibrary.Declared.Set function,
      int store,
      int descriptor) {
    this.server = server;
    this.memory = server.memory();
    this.datums = new Datums(server);
    this.function = function.name();
    this.columns = function.columns();
    this.store = store;
    this.descriptor = descriptor;
    this.interruptPending = process.address("InterruptPending");
    this.values = server.call("palloc0", Integer.BYTES * columns.size());
    this.nulls = server.call("palloc0", columns.size());
  }

  @Override
  public void add(Object... row) {
    rethrow();
    if (row.length != columns.size()) {
      throw new IllegalArgumentException(
          "%s has %d columns, not %d".formatted(function, columns.size(), row.length));
    }
    for (int i = 0; i < row.length; i++) {
      if (row[i] != null) {
        FunctionCalls.requireClass(function, columns.get(i).type(), row[i]);
      }
    }
    try {
      put(row);
    } catch (ServerError e) {
      throw e;
    } catch (RuntimeException | Error e) {
      // also an Error: its memory or stack may have run out in the middle of PostgreSQL
      unwinding = e;
      throw e;
    }
  }

  private void put(Object[] row) {
    if (memory.readInt(interruptPending) != 0) {
      server.call("ProcessInterrupts");
    }
    for (int i = 0; i < row.length; i++) {
      memory.writeByte(nulls + i, (byte) (row[i] == null ? 1 : 0));
      memory.writeI32(
          values + Integer.BYTES * i,
          row[i] == null ? 0 : datums.write(columns.get(i).type(), row[i]));
    }
    server.call("tuplestore_putvalues", store, descriptor, values, nulls);
    for (int i = 0; i < row.length; i++) {
      if (row[i] != null && Datums.isByReference(columns.get(i).type())) {
        server.call("pfree", memory.readInt(values + Integer.BYTES * i));
      }
    }
  }

  /** Throws again what interrupted {@link #add}, if something did. */
  void rethrow() {
    if (unwinding instanceof Error error) {
      throw error;
    }
    if (unwinding != null) {
      throw (RuntimeException) unwinding;
    }
  }
}

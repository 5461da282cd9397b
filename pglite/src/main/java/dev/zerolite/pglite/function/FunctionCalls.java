package dev.zerolite.pglite.function;

import dev.zerolite.pglite.function.FunctionLibrary.Declared;
import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.server.ServerError;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.List;

/** PostgreSQL's calling convention for functions in C, version 1 (fmgr.h, funcapi.h). */
final class FunctionCalls {
  // FunctionCallInfoBaseData on a 32-bit machine; the arguments are {Datum, bool}.
  private static final int FLINFO = 0;
  private static final int RESULTINFO = 8;
  private static final int ISNULL = 16;
  private static final int NARGS = 18;
  private static final int ARGS = 20;
  private static final int ARG_SIZE = 8;
  private static final int ARG_ISNULL = 4;

  // ReturnSetInfo of nodes/execnodes.h, TupleDescData of access/tupdesc.h
  private static final int SET_RESULT = 24;
  private static final int SET_DESC = 28;
  private static final int NATTS = 0;

  private static final int MAT_SRF_USE_EXPECTED_DESC = 1; // funcapi.h

  private static final String WRONG_DECLARATION = "42P13"; // invalid_function_definition
  private static final String EXTERNAL_ROUTINE_EXCEPTION = "38000";

  private final WasmProcess process;
  private final ServerCalls server;
  private final LinearMemory memory;
  private final Datums datums;

  FunctionCalls(WasmProcess process) {
    this.process = process;
    this.server = new ServerCalls(process, "functions.java");
    this.memory = process.memory();
    this.datums = new Datums(server);
  }

  /** Called by the backend with the address of a FunctionCallInfo; gives a Datum. */
  long call(Declared function, long[] arguments) {
    return server.guard(
        function.name(),
        a -> {
          int info = (int) a[0];
          if (function instanceof Declared.Scalar scalar) {
            return scalar(scalar, info);
          }
          set((Declared.Set) function, info);
          memory.writeByte(info + ISNULL, (byte) 1);
          return 0;
        },
        arguments);
  }

  // ---- arguments ----

  private Arguments arguments(Declared function, int info) {
    List<SqlType> types = function.parameters();
    if (memory.readShort(info + NARGS) != types.size()) {
      throw wrongDeclaration(function);
    }
    Object[] values = new Object[types.size()];
    for (int i = 0; i < values.length; i++) {
      int argument = info + ARGS + ARG_SIZE * i;
      requireType(
          function,
          types.get(i),
          server.call("get_fn_expr_argtype", memory.readInt(info + FLINFO), i));
      if (memory.read(argument + ARG_ISNULL) == 0) {
        values[i] = datums.read(types.get(i), memory.readInt(argument));
      }
    }
    return new Arguments(types, values);
  }

  /** A value of another type would be read as an address. The server does not always know it. */
  private static void requireType(Declared function, SqlType declared, int actual) {
    if (actual != 0 && actual != declared.oid()) {
      throw wrongDeclaration(function);
    }
  }

  private static ServerError wrongDeclaration(Declared function) {
    return new ServerError(
        WRONG_DECLARATION,
        "function %s is declared with other types than it has in Java".formatted(function.name()),
        "",
        "Declare it as %s(%s) RETURNS %s."
            .formatted(
                function.name(),
                String.join(", ", function.parameters().stream().map(SqlType::sqlName).toList()),
                function.result()));
  }

  // ---- results ----

  private long scalar(Declared.Scalar function, int info) {
    requireType(
        function,
        function.type(),
        server.call("get_fn_expr_rettype", memory.readInt(info + FLINFO)));
    Arguments arguments = arguments(function, info);
    Object[] result = new Object[1];
    run(function, () -> result[0] = function.function().call(arguments));
    if (result[0] == null) {
      memory.writeByte(info + ISNULL, (byte) 1);
      return 0;
    }
    requireClass(function.name(), function.type(), result[0]);
    return datums.write(function.type(), result[0]);
  }

  private void set(Declared.Set function, int info) {
    Arguments arguments = arguments(function, info);
    server.call("InitMaterializedSRF", info, MAT_SRF_USE_EXPECTED_DESC);
    int resultInfo = memory.readInt(info + RESULTINFO);
    int descriptor = memory.readInt(resultInfo + SET_DESC);
    if (memory.readInt(descriptor + NATTS) != function.columns().size()) {
      throw wrongDeclaration(function);
    }
    RowWriter rows =
        new RowWriter(
            process, server, function, memory.readInt(resultInfo + SET_RESULT), descriptor);
    try {
      run(function, () -> function.function().call(arguments, rows));
    } finally {
      rows.rethrow();
    }
  }

  /** What is written in Java, with anything that it can throw. */
  private interface Body {
    void run() throws Exception;
  }

  private static void run(Declared function, Body body) {
    try {
      body.run();
    } catch (ServerError e) {
      throw e;
    } catch (StackOverflowError e) {
      throw new ServerError("54001", function.name() + " failed: stack depth limit exceeded");
    } catch (OutOfMemoryError e) {
      throw new ServerError("53200", function.name() + " failed: " + e.getMessage());
    } catch (Throwable e) {
      throw new ServerError(EXTERNAL_ROUTINE_EXCEPTION, function.name() + " failed: " + e);
    }
  }

  static void requireClass(String function, SqlType type, Object value) {
    if (!type.javaType().isInstance(value)) {
      throw new ServerError(
          EXTERNAL_ROUTINE_EXCEPTION,
          "%s returned a %s where %s needs a %s"
              .formatted(
                  function,
                  value.getClass().getSimpleName(),
                  type,
                  type.javaType().getSimpleName()));
    }
  }
}

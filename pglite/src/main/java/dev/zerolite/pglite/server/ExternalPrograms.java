package dev.zerolite.pglite.server;

import dev.zerolite.pglite.host.WasmProcess;

/**
 * Refuses popen(3), which is what COPY ... PROGRAM and file_fdw run programs with: a backend has no
 * processes beside it, and must not start any on the machine of the JVM.
 */
public final class ExternalPrograms {
  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  private ExternalPrograms() {}

  /**
   * To be called before the process's main(). The message is the one of a server whose popen fails
   * with EPERM; raised here, since only then can it have a hint.
   */
  public static void refuseIn(WasmProcess process) {
    ServerCalls server = new ServerCalls(process, "popen.java");
    process.call(
        "pgl_set_popen_fn",
        process.addFunction(
            "iii",
            arguments ->
                server.guard(
                    "popen",
                    a -> {
                      throw new ServerError(
                          INSUFFICIENT_PRIVILEGE,
                          "could not execute command \"%s\": Operation not permitted"
                              .formatted(process.string((int) a[0])),
                          "",
                          "This server runs no programs. Let the client run it: COPY ... FROM STDIN"
                              + " or TO STDOUT, or psql's \\copy ... program.");
                    },
                    arguments)));
  }
}

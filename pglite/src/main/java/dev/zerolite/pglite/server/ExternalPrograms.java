package dev.zerolite.pglite.server;

import dev.zerolite.pglite.host.WasmProcess;

/**
 * Refuses popen(3), which is what COPY ... PROGRAM and file_fdw run programs with: a backend has no
 * processes beside it, and must not start any on the machine of the JVM. The list of locales is
 * answered from a file.
 */
public final class ExternalPrograms {
  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  /** What pg_import_system_collations() wants to run. */
  private static final String LIST_LOCALES = "locale -a";

  /** PGlite's list, which initdb read, too. */
  private static final String LOCALES = "/pglite/locale-a";

  private ExternalPrograms() {}

  /**
   * To be called before the process's main(). The message is the one of a server whose popen fails
   * with EPERM; raised here, since only then can it have a hint.
   */
  public static void refuseIn(WasmProcess process) {
    process.call(
        "pgl_set_pclose_fn",
        process.addFunction("ii", arguments -> process.call("fclose", (int) arguments[0])));
    ServerCalls server = new ServerCalls(process, "popen.java");
    process.call(
        "pgl_set_popen_fn",
        process.addFunction(
            "iii",
            arguments ->
                server.guard(
                    "popen",
                    a -> {
                      if (process.string((int) a[0]).equals(LIST_LOCALES)) {
                        return open(process, LOCALES);
                      }
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

  /** fopen(3): a FILE pointer, or 0. */
  private static int open(WasmProcess process, String path) {
    int name = process.mallocString(path);
    int mode = process.mallocString("r");
    try {
      return process.call("fopen", name, mode);
    } finally {
      process.call("free", name);
      process.call("free", mode);
    }
  }
}

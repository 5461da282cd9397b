package dev.zerolite.pglite.build.cluster;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.host.MemorySettings;
import dev.zerolite.pglite.host.WasmProcess;
import java.util.List;
import java.util.Map;

/**
 * Runs {@code postgres} the way initdb needs it: bootstrap and single-user mode, one process after
 * the other, standard input and output in files.
 */
final class LonePostgres {
  static final String PROGRAM = "/pglite/bin/postgres";
  static final String STDIN = "/pglite/pgstdin";
  static final String STDOUT = "/pglite/pgstdout";

  /** PGlite's list of locales, in place of what {@code locale -a} would print. */
  private static final String LOCALES = "/pglite/locale-a";

  private final Engine engine;
  private final FileTree tree;
  private final Map<String, String> environment;
  private final ConsoleLog console;

  LonePostgres(Engine engine, FileTree tree, Map<String, String> environment, ConsoleLog console) {
    this.engine = engine;
    this.tree = tree;
    this.environment = environment;
    this.console = console;
  }

  /** Runs to the end and gives the exit status. */
  int run(List<String> command) {
    if (!command.get(0).equals(PROGRAM)) {
      throw new BuildException("initdb wants to run " + command + "; only postgres can be run");
    }
    LoneHooks hooks = new LoneHooks(console);
    WasmProcess postgres =
        new WasmProcess(engine, tree, environment, hooks, MemorySettings.small());
    hooks.attach(postgres);
    postgres.call("__wasm_call_ctors");
    reopen(postgres, STDIN, "r", 0);
    reopen(postgres, STDOUT, "w", 1);
    postgres.call(
        "pgl_set_popen_fn",
        postgres.addFunction(
            "iii",
            arguments -> {
              boolean locales = postgres.string((int) arguments[0]).startsWith("locale");
              return locales ? open(postgres, LOCALES, "r") : 0;
            }));
    postgres.call(
        "pgl_set_pclose_fn",
        postgres.addFunction("ii", arguments -> postgres.call("fclose", (int) arguments[0])));
    int status = postgres.runMain(command);
    postgres.call("fflush", 0);
    return status;
  }

  private static void reopen(WasmProcess process, String path, String mode, int descriptor) {
    process.call("pgl_freopen", process.mallocString(path), process.mallocString(mode), descriptor);
  }

  /** fopen(3): a FILE pointer. */
  static int open(WasmProcess process, String path, String mode) {
    return process.call("fopen", process.mallocString(path), process.mallocString(mode));
  }
}

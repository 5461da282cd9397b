package dev.zerolite.pglite.build.cluster;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.host.MemorySettings;
import dev.zerolite.pglite.host.Program;
import dev.zerolite.pglite.host.WasmProcess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs PGlite's initdb.
 *
 * <p>initdb drives postgres through pipes. Here a pipe is a file: what postgres printed is read
 * when it has ended, and what initdb writes is kept until it closes the pipe, then postgres runs on
 * it.
 */
public final class Initdb {
  private final Engine engine;
  private final Program initdb;
  private final FileTree tree;
  private final ConsoleLog console = new ConsoleLog();
  private final Map<String, String> environment =
      Map.of(
          "HOME", "/home/postgres",
          "USER", "postgres",
          "LOGNAME", "postgres",
          "PGDATA", Engine.DATA_DIRECTORY,
          "LANG", "C.UTF-8",
          "LC_ALL", "C.UTF-8",
          "TZ", "UTC",
          "PGTZ", "UTC",
          "ICU_DATA", "/pglite/icu",
          "PATH", "/pglite/bin");

  /** Commands whose input initdb is still writing, by the FILE that it writes to. */
  private final Map<Integer, List<String>> writing = new HashMap<>();

  /** Exit statuses of commands whose output initdb is reading, by that FILE. */
  private final Map<Integer, Integer> statuses = new HashMap<>();

  private LonePostgres postgres;
  private WasmProcess process;

  public Initdb(Engine engine, Program initdb) {
    this.engine = engine;
    this.initdb = initdb;
    this.tree = engine.newFileTreeWithoutCluster();
  }

  /** Makes a cluster and gives the tree with it below {@link Engine#DATA_DIRECTORY}. */
  public FileTree run(List<String> options) {
    postgres = new LonePostgres(engine, tree, environment, console);
    LoneHooks hooks = new LoneHooks(console);
    process = new WasmProcess(initdb, engine, tree, environment, hooks, MemorySettings.small());
    hooks.attach(process);
    process.call("__wasm_call_ctors");
    process.call("pgl_set_system_fn", process.addFunction("ii", a -> system((int) a[0])));
    process.call(
        "pgl_set_popen_fn", process.addFunction("iii", a -> popen((int) a[0], (int) a[1])));
    process.call("pgl_set_pclose_fn", process.addFunction("ii", a -> pclose((int) a[0])));
    List<String> command = new ArrayList<>(List.of("/pglite/bin/initdb"));
    command.addAll(options);
    int status = process.runMain(command);
    if (status != 0) {
      throw new BuildException(
          "initdb failed with status %d on %s. It said:%n%s"
              .formatted(status, command, console.text()));
    }
    return tree;
  }

  private int system(int command) {
    return postgres.run(ShellCommand.words(process.string(command)));
  }

  private int popen(int commandAddress, int mode) {
    List<String> command = ShellCommand.words(process.string(commandAddress));
    if (process.string(mode).equals("r")) {
      int status = postgres.run(command);
      int file = LonePostgres.open(process, LonePostgres.STDOUT, "r");
      statuses.put(file, status);
      return file;
    }
    int file = LonePostgres.open(process, LonePostgres.STDIN, "w");
    writing.put(file, command);
    return file;
  }

  private int pclose(int file) {
    process.call("fclose", file);
    List<String> command = writing.remove(file);
    return command == null ? statuses.remove(file) : postgres.run(command);
  }
}

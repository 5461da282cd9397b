package dev.zerolite.pglite.host;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.ProcessFiles;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportMemory;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.Import;
import run.endive.wasm.types.ImportSection;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.TableLimits;

/**
 * One process image: an instance of a program with private memory, descriptors, environment and
 * libraries, over a tree of files that it may share with others.
 *
 * <p>Not thread-safe: one thread makes it and runs it, and that thread needs a stack of 256 MB or
 * more, so that PostgreSQL's own check for stack depth strikes before the JVM's. After a {@link
 * HostFault} the image must not be called again.
 */
public final class WasmProcess {
  private final Program program;
  private final Libraries libraries;
  private final Map<String, String> environment;
  private final MemorySettings settings;
  private final ProcessFiles files;
  private final LinearMemory memory;
  private final Instance instance;
  private final FunctionTable functionTable;
  private final GlobalInstance stackPointer;
  private final HostImports imports = new HostImports();
  private final NonLocalJumps jumps = new NonLocalJumps(this);
  private final DynamicLinker linker;
  private final ClockCalls clock = new ClockCalls(this);
  private final Map<String, NativeFunction> functions = new HashMap<>();
  private final Map<String, Integer> addresses = new HashMap<>();

  /** A process that runs the engine's PostgreSQL. */
  public WasmProcess(
      Engine engine,
      FileTree tree,
      Map<String, String> environment,
      ProcessHooks hooks,
      MemorySettings settings) {
    this(engine.postgres(), engine, tree, environment, hooks, settings);
  }

  /** A process that runs any program; nothing of it has run yet, not even constructors. */
  public WasmProcess(
      Program program,
      Libraries libraries,
      FileTree tree,
      Map<String, String> environment,
      ProcessHooks hooks,
      MemorySettings settings) {
    this(
        program,
        libraries,
        new ProcessFiles(tree),
        environment,
        hooks,
        settings,
        newMemory(program, settings),
        program.initialImage().module());
  }

  private WasmProcess(
      Program program,
      Libraries libraries,
      ProcessFiles files,
      Map<String, String> environment,
      ProcessHooks hooks,
      MemorySettings settings,
      LinearMemory memory,
      WasmModule module) {
    this.program = requireNonNull(program);
    this.libraries = requireNonNull(libraries);
    this.environment = environment;
    this.settings = settings;
    this.files = files;
    this.memory = memory;
    linker = new DynamicLinker(this, libraries);
    jumps.define(imports);
    linker.define(imports);
    clock.define(imports);
    new DescriptorCalls(this, requireNonNull(hooks)).define(imports);
    new PathCalls(this).define(imports);
    new ProcessCalls(this, environment, hooks, settings).define(imports);
    new AddressCalls(this).define(imports);
    new LibraryCalls(this).define(imports);
    instance = instantiate(module);
    TableInstance table = instance.exports().table("__indirect_function_table");
    functionTable = new FunctionTable(program, instance, table);
    memory.setCallTable(program.initialImage().callTable());
    stackPointer = instance.exports().global("__stack_pointer");
  }

  /**
   * A child as fork(2) makes it: a copy of this process's memory as it is now, in the same working
   * directory. It has no descriptors but the standard ones, and the function pointers that were
   * added to this process must be added to it again, in the same order, and then {@link
   * #inheritLibraries}. Nothing may run in this process meanwhile.
   */
  public WasmProcess fork(ProcessHooks hooks) {
    WasmProcess child =
        new WasmProcess(
            program,
            libraries,
            new ProcessFiles(files),
            environment,
            hooks,
            settings,
            memory.fork(),
            program.initialImage().moduleWithoutData());
    child.memory.copyGlobals(memory);
    return child;
  }

  /** What this process is now; nothing may run in it meanwhile. */
  public ProcessState state() {
    long[] globals = new long[globalCount()];
    for (int i = 0; i < globals.length; i++) {
      globals[i] = instance.global(i).getValue();
    }
    return new ProcessState(memory.arrayOf(0).clone(), globals, files.workingDirectory());
  }

  /**
   * A process that goes on where another one was, as a {@link #fork} of that one would; it sees no
   * shared memory yet.
   */
  public static WasmProcess restore(
      Engine engine,
      FileTree tree,
      Map<String, String> environment,
      ProcessHooks hooks,
      MemorySettings settings,
      ProcessState state) {
    Program program = engine.postgres();
    int pages = state.memory().length / LinearMemory.PAGE_SIZE;
    WasmProcess process =
        new WasmProcess(
            program,
            engine,
            new ProcessFiles(tree),
            environment,
            hooks,
            settings,
            newMemory(program, new MemorySettings(pages, settings.maximumPages(), 1)),
            program.initialImage().moduleWithoutData());
    process.memory.write(0, state.memory(), 0, state.memory().length);
    if (state.globals().length != process.globalCount()) {
      throw new HostFault("the saved process belongs to another program; rebuild the engine");
    }
    for (int i = 0; i < state.globals().length; i++) {
      process.instance.global(i).setValue(state.globals()[i]);
    }
    process.files.changeDirectory(state.workingDirectory());
    return process;
  }

  private int globalCount() {
    return instance.module().globalSection().globalCount();
  }

  /** Gives a child the libraries that its parent has loaded; last of what a fork needs. */
  public void inheritLibraries(WasmProcess parent) {
    functionTable.growTo(parent.functionTable);
    linker.inherit(parent.linker);
    functionTable.inherit(parent.functionTable, parent.instance, instance);
  }

  private static LinearMemory newMemory(Program program, MemorySettings settings) {
    var limits = program.memoryLimits();
    return new LinearMemory(
        Math.max(settings.initialPages(), limits.initialPages()),
        limits.initialPages(),
        Math.min(settings.maximumPages(), limits.maximumPages()),
        program.spareArrays());
  }

  /** The process is over: its memory is for others. Nothing may be called here any more. */
  public void release() {
    memory.release();
  }

  private Instance instantiate(WasmModule module) {
    ImportValues.Builder values = ImportValues.builder();
    ImportSection section = module.importSection();
    for (int i = 0; i < section.importCount(); i++) {
      Import wanted = section.getImport(i);
      if (wanted instanceof FunctionImport function) {
        FunctionType type = module.typeSection().getType(function.typeIndex());
        HostFunction host = hostFunction(wanted.name());
        if (host == null) {
          host = HostImports.missing(wanted.name());
        }
        values.addFunction(
            new ImportFunction(
                wanted.module(), wanted.name(), type, HostImports.handle(host, type)));
      } else if (wanted.importType() == ExternalType.MEMORY) {
        values.addMemory(new ImportMemory(wanted.module(), wanted.name(), memory));
      } else {
        throw new HostFault(program.name() + " imports " + wanted.name() + ", which has no giver");
      }
    }
    return Instance.builder(module)
        .withGlobalFactory(memory::newGlobal)
        .withMemoryFactory(limits -> memory)
        .withTableFactory(WasmProcess::newTable)
        .withImportValues(values.build())
        .withMachineFactory(program.machines())
        .withStart(false)
        .build();
  }

  /**
   * Growing a table instance raises the limits of the parsed module's table, which all processes
   * share: each gets a table with limits of its own.
   */
  private static TableInstance newTable(Table table, int initialValue) {
    TableLimits limits = table.limits();
    return new TableInstance(
        new Table(
            table.elementType(),
            new TableLimits(limits.min(), limits.max(), limits.shared()),
            table.initialize()),
        initialValue);
  }

  // ---- for this package ----

  Program program() {
    return program;
  }

  Instance instance() {
    return instance;
  }

  FunctionTable functionTable() {
    return functionTable;
  }

  GlobalInstance stackPointerGlobal() {
    return stackPointer;
  }

  /** The host's function of that import name, or null. */
  HostFunction hostFunction(String importName) {
    return NonLocalJumps.isInvoke(importName) ? jumps.invoke() : imports.find(importName);
  }

  int malloc(int size) {
    int address = function("malloc").call(size);
    if (address == 0) {
      throw new HostFault("out of memory: malloc(" + size + ") failed");
    }
    return address;
  }

  // ---- memory and files ----

  public LinearMemory memory() {
    return memory;
  }

  /** This process's descriptors and working directory. */
  public ProcessFiles files() {
    return files;
  }

  /** The NUL-terminated string at an address; "" for a null pointer. */
  public String string(int address) {
    return address == 0 ? "" : memory.readCString(address, StandardCharsets.UTF_8);
  }

  /** Copies a string, with a NUL, to memory that the caller frees with the export {@code free}. */
  public int mallocString(String string) {
    byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
    int address = malloc(bytes.length + 1);
    memory.write(address, bytes, 0, bytes.length);
    memory.writeByte(address + bytes.length, (byte) 0);
    return address;
  }

  public int stackPointer() {
    return (int) stackPointer.getValue();
  }

  public void setStackPointer(int address) {
    stackPointer.setValue(address);
  }

  /** The process's monotonic clock in milliseconds, as {@code emscripten_get_now} tells it. */
  public double now() {
    return clock.now();
  }

  // ---- functions ----

  public boolean exports(String symbol) {
    return program.exports(symbol);
  }

  /**
   * An exported function; keep it where it is called often.
   *
   * @throws HostFault if the program does not export it
   */
  public NativeFunction function(String export) {
    NativeFunction function = functions.get(export);
    if (function == null) {
      function = new NativeFunction(export, instance.getMachine(), program.functionIndex(export));
      functions.put(export, function);
    }
    return function;
  }

  /** Calls an exported function. */
  public int call(String export, int... arguments) {
    return function(export).call(arguments);
  }

  /**
   * The address of an exported variable.
   *
   * @throws HostFault if the program does not export it
   */
  public int address(String exportedGlobal) {
    Integer address = addresses.get(exportedGlobal);
    if (address == null) {
      var export = program.export(exportedGlobal);
      if (export == null || export.exportType() != ExternalType.GLOBAL) {
        throw new HostFault(
            program.name()
                + " exports no variable "
                + exportedGlobal
                + "; is it the right version?");
      }
      address = (int) instance.global(export.index()).getValue();
      addresses.put(exportedGlobal, address);
    }
    return address;
  }

  /** Calls a function pointer. */
  public int callTable(int slot, long... arguments) {
    long[] results = functionTable.call(slot, arguments);
    return results == null || results.length == 0 ? 0 : (int) results[0];
  }

  /** The function pointer of an exported function. */
  public int tableSlot(String exportedFunction) {
    return functionTable.slotOf(instance, program.functionIndex(exportedFunction));
  }

  /**
   * Makes a function pointer that calls Java.
   *
   * @param signature the result's letter, then the parameters': v (none), i (i32), j (i64), d (f64)
   */
  public int addFunction(String signature, HostFunction function) {
    return functionTable.add(signature, requireNonNull(function));
  }

  /**
   * Answers dlopen for a file name (without directories) in Java from now on. PostgreSQL looks for
   * the file before it opens it, so it must be in the tree.
   */
  public void provideLibrary(String fileName, Map<String, Symbol> symbols) {
    linker.provide(fileName, symbols);
  }

  /**
   * Answers the import of that name in libraries that are loaded from now on. It takes precedence
   * over what the program exports.
   */
  public void provideImport(String name, HostFunction function) {
    imports.function(name, requireNonNull(function));
  }

  /**
   * Runs main().
   *
   * <p>When main ends by exit(), the stack pointer stays where it was: PGlite goes on to use what
   * main's frames hold (PostgresMain's jump buffer among them).
   *
   * @param arguments argv, the program's own path first
   * @return the exit status
   */
  public int runMain(List<String> arguments) {
    List<Integer> addresses = new ArrayList<>();
    int argv = stackAllocate((arguments.size() + 1) * Integer.BYTES);
    for (String argument : arguments) {
      byte[] bytes = (argument + "\0").getBytes(StandardCharsets.UTF_8);
      int address = stackAllocate(bytes.length);
      memory.write(address, bytes, 0, bytes.length);
      addresses.add(address);
    }
    addresses.add(0);
    for (int i = 0; i < addresses.size(); i++) {
      memory.writeI32(argv + i * Integer.BYTES, addresses.get(i));
    }
    try {
      return call(exports("main") ? "main" : "__main_argc_argv", arguments.size(), argv);
    } catch (ProcessExit exit) {
      return exit.status();
    }
  }

  /**
   * Closes the process's descriptors and mappings, as the end of a process does: files that were
   * removed while it had them open give back their space.
   */
  public void close() {
    files.closeAll();
  }

  private int stackAllocate(int size) {
    return call("_emscripten_stack_alloc", size);
  }
}

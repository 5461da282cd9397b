package dev.zerolite.pglite.host;

import dev.zerolite.pglite.fs.ErrnoException;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportGlobal;
import run.endive.runtime.ImportMemory;
import run.endive.runtime.ImportTable;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.WasmFunctionHandle;
import run.endive.wasm.types.Export;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.Import;
import run.endive.wasm.types.ImportSection;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.ValType;

/**
 * dlopen and dlsym: places emscripten's side modules into a running process (tool-conventions'
 * DynamicLinking.md), or answers for libraries that are implemented in Java.
 */
final class DynamicLinker {
  /** PGlite publishes it without libpq, which it needs. */
  private static final String WAL_RECEIVER = "libpqwalreceiver.so";

  // struct dso of emscripten's system/lib/libc/musl/src/internal/dynlink.h.
  private static final int DSO_MEM_ALLOCATED = 8;
  private static final int DSO_MEM_ADDR = 12;
  private static final int DSO_MEM_SIZE = 16;
  private static final int DSO_TABLE_ADDR = 20;
  private static final int DSO_TABLE_SIZE = 24;
  private static final int DSO_NAME = 36;

  /** A global offset table entry that has no value yet; no symbol has this address. */
  private static final int UNRESOLVED = -1;

  private sealed interface Library {}

  private record SideModule(Program program, Instance instance, int memoryBase, int tableBase)
      implements Library {}

  private static final class JavaLibrary implements Library {
    private final Map<String, Symbol> symbols;
    private final Map<String, Integer> addresses = new HashMap<>();

    JavaLibrary(Map<String, Symbol> symbols) {
      this.symbols = symbols;
    }
  }

  private final WasmProcess process;
  private final Libraries compiled;
  private final Map<String, Library> byName = new LinkedHashMap<>();
  private final Map<Integer, Library> byHandle = new HashMap<>();
  private final Map<String, GlobalInstance> globalOffsetTable = new HashMap<>();

  DynamicLinker(WasmProcess process, Libraries compiled) {
    this.process = process;
    this.compiled = compiled;
  }

  void define(HostImports imports) {
    imports.function("_dlopen_js", a -> open((int) a[0]) ? 1 : 0);
    imports.function("_dlsym_js", a -> symbol((int) a[0], process.string((int) a[1])));
  }

  void provide(String fileName, Map<String, Symbol> symbols) {
    byName.put(fileName, new JavaLibrary(Map.copyOf(symbols)));
  }

  private boolean open(int handle) {
    String path = process.string(handle + DSO_NAME);
    String fileName = path.substring(path.lastIndexOf('/') + 1);
    Library library = byName.get(fileName);
    if (library == null) {
      Program program = compiled.find(fileName);
      try {
        if (program == null) {
          program = Program.interpreted(fileName, process.files().tree().readFile(path));
        }
        requireDefined(program);
      } catch (ErrnoException e) {
        fail(path + ": " + e.getMessage());
        return false;
      } catch (UndefinedSymbolException e) {
        fail(
            path
                + ": undefined symbol: "
                + e.getMessage()
                + (fileName.equals(WAL_RECEIVER)
                    ? "; this server publishes, it cannot subscribe"
                    : ""));
        return false;
      }
      library = load(program, handle);
      byName.put(fileName, library);
    }
    byHandle.put(handle, library);
    return true;
  }

  /** A library calls a function that neither the host nor the main program has. */
  private static final class UndefinedSymbolException extends Exception {
    UndefinedSymbolException(String symbol) {
      super(symbol);
    }
  }

  /** PostgreSQL opens libraries with RTLD_NOW: a missing function is an error now, not later. */
  private void requireDefined(Program program) throws UndefinedSymbolException {
    ImportSection section = program.module().importSection();
    for (int i = 0; i < section.importCount(); i++) {
      Import wanted = section.getImport(i);
      String name = wanted.name();
      if (wanted.importType() == ExternalType.FUNCTION
          && process.hostFunction(name) == null
          && !process.exports(name)
          && !program.definesFunction(name)) {
        throw new UndefinedSymbolException(name);
      }
    }
  }

  private int symbol(int handle, String name) {
    Library library = byHandle.get(handle);
    int address =
        library instanceof JavaLibrary java
            ? address(java, name)
            : library instanceof SideModule module
                ? address(module, name)
                : process.exports(name) ? mainAddress(name) : 0;
    if (address == 0) {
      fail("symbol " + name + " not found");
    }
    return address;
  }

  /** Sets what dlerror(3) tells. */
  private void fail(String message) {
    if (process.exports("__dl_seterr")) {
      int text = process.mallocString(message.replace("%", "%%"));
      process.call("__dl_seterr", text, 0);
      process.call("free", text);
    }
  }

  private int address(JavaLibrary library, String name) {
    Symbol symbol = library.symbols.get(name);
    if (symbol == null) {
      return 0;
    }
    Integer known = library.addresses.get(name);
    if (known != null) {
      return known;
    }
    int address;
    if (symbol instanceof Symbol.Function function) {
      address = process.addFunction(function.signature(), function.function());
    } else {
      byte[] value = ((Symbol.Data) symbol).initialValue();
      address = process.malloc(value.length);
      process.memory().write(address, value, 0, value.length);
    }
    library.addresses.put(name, address);
    return address;
  }

  private int address(SideModule library, String name) {
    Export export = library.program.export(name);
    if (export == null) {
      return 0;
    }
    return export.exportType() == ExternalType.FUNCTION
        ? process.functionTable().slotOf(library.instance, export.index())
        : (int) library.instance.global(export.index()).getValue() + library.memoryBase;
  }

  private int mainAddress(String name) {
    return process.program().export(name).exportType() == ExternalType.FUNCTION
        ? process.tableSlot(name)
        : process.address(name);
  }

  private SideModule load(Program program, int handle) {
    DynamicLinkInfo info =
        program
            .dynamicLinkInfo()
            .orElseThrow(
                () ->
                    new HostFault(
                        program.name() + " is not an emscripten side module (no dylink.0)"));
    int memoryBase = allocate(info);
    int tableBase = info.tableSize() == 0 ? 0 : process.functionTable().reserve(info.tableSize());
    LinearMemory memory = process.memory();
    memory.writeByte(handle + DSO_MEM_ALLOCATED, (byte) 1);
    memory.writeI32(handle + DSO_MEM_ADDR, memoryBase);
    memory.writeI32(handle + DSO_MEM_SIZE, info.memorySize());
    memory.writeI32(handle + DSO_TABLE_ADDR, tableBase);
    memory.writeI32(handle + DSO_TABLE_SIZE, info.tableSize());

    List<String> own = new ArrayList<>();
    SideModule[] loaded = new SideModule[1];
    Instance instance =
        Instance.builder(program.module())
            .withImportValues(resolve(program, memoryBase, tableBase, own, loaded))
            .withMachineFactory(program.machines())
            .withStart(false)
            .build();
    SideModule library = new SideModule(program, instance, memoryBase, tableBase);
    loaded[0] = library;
    for (String name : own) {
      int address = address(library, name);
      if (address == 0) {
        throw new HostFault(program.name() + " needs the symbol " + name + ", which nobody has");
      }
      globalOffsetTable.get(name).setValue(address);
    }
    callIfExported(library, "__wasm_apply_data_relocs");
    callIfExported(library, "__wasm_call_ctors");
    return library;
  }

  /**
   * Has the libraries that another process has, at the same places. Their data came with the copy
   * of the memory, relocated and constructed; a library in Java must have been provided before.
   */
  void inherit(DynamicLinker parent) {
    parent.globalOffsetTable.forEach(
        (name, entry) -> globalOffsetTable.put(name, offsetTableEntry((int) entry.getValue())));
    Map<Library, Library> counterparts = new IdentityHashMap<>();
    parent.byName.forEach(
        (name, theirs) -> {
          if (theirs instanceof SideModule module) {
            byName.put(name, inherited(module, parent.process));
          }
          counterparts.put(theirs, byName.get(name));
        });
    parent.byHandle.forEach((handle, theirs) -> byHandle.put(handle, counterparts.get(theirs)));
  }

  private SideModule inherited(SideModule theirs, WasmProcess parent) {
    Program program = theirs.program;
    SideModule[] loaded = new SideModule[1];
    Instance instance =
        Instance.builder(program.moduleWithoutData())
            .withImportValues(
                resolve(program, theirs.memoryBase, theirs.tableBase, new ArrayList<>(), loaded))
            .withMachineFactory(program.machines())
            .withStart(false)
            .build();
    loaded[0] = new SideModule(program, instance, theirs.memoryBase, theirs.tableBase);
    process.functionTable().inherit(parent.functionTable(), theirs.instance, instance);
    return loaded[0];
  }

  private int allocate(DynamicLinkInfo info) {
    if (info.memorySize() == 0) {
      return 0;
    }
    int alignment = 1 << info.memoryAlignment();
    int block = process.call("calloc", info.memorySize() + alignment, 1);
    if (block == 0) {
      throw new HostFault("out of memory for a library's data");
    }
    return (block + alignment - 1) & -alignment;
  }

  private static void callIfExported(SideModule library, String function) {
    if (library.program.exports(function)) {
      library.instance.getMachine().call(library.program.functionIndex(function), new long[0]);
    }
  }

  /**
   * The library's imports.
   *
   * @param own receives the names of global offset table entries that the library defines itself
   * @param loaded where the library will be found by calls that can only be resolved later
   */
  private ImportValues resolve(
      Program program, int memoryBase, int tableBase, List<String> own, SideModule[] loaded) {
    ImportValues.Builder values = ImportValues.builder();
    ImportSection section = program.module().importSection();
    for (int i = 0; i < section.importCount(); i++) {
      Import wanted = section.getImport(i);
      String module = wanted.module();
      String name = wanted.name();
      switch (wanted.importType()) {
        case FUNCTION -> {
          FunctionType type =
              program.module().typeSection().getType(((FunctionImport) wanted).typeIndex());
          values.addFunction(new ImportFunction(module, name, type, function(name, type, loaded)));
        }
        case MEMORY -> values.addMemory(new ImportMemory(module, name, process.memory()));
        case TABLE ->
            values.addTable(new ImportTable(module, name, process.functionTable().endiveTable()));
        case GLOBAL ->
            values.addGlobal(
                new ImportGlobal(
                    module,
                    name,
                    module.equals("env")
                        ? environmentGlobal(name, memoryBase, tableBase)
                        : offsetTableEntry(name, own)));
        default -> throw new HostFault(program.name() + " has an import of unknown kind: " + name);
      }
    }
    return values.build();
  }

  private WasmFunctionHandle function(String name, FunctionType type, SideModule[] loaded) {
    HostFunction host = process.hostFunction(name);
    if (host != null) {
      return HostImports.handle(host, type);
    }
    Export export = process.program().export(name);
    if (export != null && export.exportType() == ExternalType.FUNCTION) {
      Machine machine = process.instance().getMachine();
      int index = export.index();
      return (instance, arguments) -> machine.call(index, arguments);
    }
    // Position-independent code may import what it exports itself, so that others can override it.
    return (instance, arguments) -> {
      SideModule library = loaded[0];
      return library.instance.getMachine().call(library.program.functionIndex(name), arguments);
    };
  }

  private GlobalInstance environmentGlobal(String name, int memoryBase, int tableBase) {
    return switch (name) {
      case "__memory_base" -> constant(memoryBase);
      case "__table_base" -> constant(tableBase);
      case "__stack_pointer" -> process.stackPointerGlobal();
      default -> throw new HostFault("a library imports the unknown global env." + name);
    };
  }

  private static GlobalInstance constant(int value) {
    return GlobalInstance.builder().valueLow(value).valType(ValType.I32).build();
  }

  private GlobalInstance offsetTableEntry(String name, List<String> own) {
    GlobalInstance entry =
        globalOffsetTable.computeIfAbsent(name, n -> offsetTableEntry(UNRESOLVED));
    if ((int) entry.getValue() == UNRESOLVED) {
      if (process.exports(name)) {
        entry.setValue(mainAddress(name));
      } else {
        own.add(name);
      }
    }
    return entry;
  }

  private static GlobalInstance offsetTableEntry(int value) {
    return GlobalInstance.builder()
        .valueLow(value)
        .valType(ValType.I32)
        .mutabilityType(MutabilityType.Var)
        .build();
  }
}

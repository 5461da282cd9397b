package dev.zerolite.pglite.function;

import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Symbol;
import dev.zerolite.pglite.host.WasmProcess;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Makes a {@link FunctionLibrary} a dynamic library of a cluster's processes. */
public final class InstalledFunctions {
  private static final String DIRECTORY = "/pglite/lib/postgresql/";

  // Pg_magic_struct of fmgr.h: its length, Pg_abi_values, and pointers to a name and a version.
  private static final int MAGIC_SIZE = 64;
  private static final int VERSION = 18 * 100;
  private static final int FUNC_MAX_ARGS = 100;
  private static final int INDEX_MAX_KEYS = 32;
  private static final int NAMEDATALEN = 64;
  private static final int FLOAT8BYVAL = 0;
  private static final String ABI_EXTRA = "PostgreSQL";

  /** The only calling convention, Pg_finfo_record.api_version. */
  private static final int API_VERSION = 1;

  private InstalledFunctions() {}

  /** Puts the file into a cluster's tree that PostgreSQL looks for before it opens a library. */
  public static void addFile(FileTree tree, FunctionLibrary library) {
    String path = DIRECTORY + library.name() + ".so";
    if (tree.find(path) == null) {
      tree.writeFile(path, new byte[0], 0644);
    }
  }

  /** Answers for the library in one process; to be called before its main(). */
  public static void install(WasmProcess process, FunctionLibrary library) {
    FunctionCalls calls = new FunctionCalls(process);
    Constants constants = new Constants(process);
    Map<String, Symbol> symbols = new HashMap<>();
    symbols.put("Pg_magic_func", Symbol.function("i", a -> constants.magic()));
    for (FunctionLibrary.Declared function : library.functions()) {
      symbols.put(
          "pg_finfo_" + function.name(), Symbol.function("i", a -> constants.functionInfo()));
      symbols.put(function.name(), Symbol.function("ii", a -> calls.call(function, a)));
    }
    process.provideLibrary(library.name() + ".so", symbols);
  }

  /** What the library's symbols point to, put into the process's memory when first asked for. */
  private static final class Constants {
    private final WasmProcess process;
    private int magic;
    private int functionInfo;

    Constants(WasmProcess process) {
      this.process = process;
    }

    int magic() {
      if (magic == 0) {
        ByteBuffer block = littleEndian(MAGIC_SIZE);
        block.putInt(MAGIC_SIZE).putInt(VERSION).putInt(FUNC_MAX_ARGS).putInt(INDEX_MAX_KEYS);
        block.putInt(NAMEDATALEN).putInt(FLOAT8BYVAL);
        block.put(ABI_EXTRA.getBytes(StandardCharsets.US_ASCII));
        magic = store(block.array());
      }
      return magic;
    }

    int functionInfo() {
      if (functionInfo == 0) {
        functionInfo = store(littleEndian(Integer.BYTES).putInt(API_VERSION).array());
      }
      return functionInfo;
    }

    private static ByteBuffer littleEndian(int size) {
      return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int store(byte[] bytes) {
      int address = process.call("malloc", bytes.length);
      process.memory().write(address, bytes, 0, bytes.length);
      return address;
    }
  }
}

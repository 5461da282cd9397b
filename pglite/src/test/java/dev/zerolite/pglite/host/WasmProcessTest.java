package dev.zerolite.pglite.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.zerolite.pglite.fs.Errno;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.OpenFlags;
import dev.zerolite.pglite.fs.ProcessFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** System calls as a program makes them, through a module that exports what it imports. */
class WasmProcessTest {
  private static final int CWD = ProcessFiles.AT_FDCWD;
  private static final int THREW = 512;
  private static final int DATA = 600;

  /** Free memory for the tests' own structures. */
  private static final int SCRATCH = 2000;

  private static final Program PROGRAM = Program.interpreted("test program", module());

  private final FileTree tree = new FileTree();
  private final RecordingHooks hooks = new RecordingHooks();
  private Program library;
  private final WasmProcess process = newProcess();

  private static byte[] module() {
    return new ModuleAssembler()
        .importMemory()
        .importFunction("env", "__syscall_openat", "iiiii")
        .importFunction("env", "__syscall_getdents64", "iiii")
        .importFunction("env", "__syscall_stat64", "iii")
        .importFunction("env", "__syscall_poll", "iiii")
        .importFunction("env", "_setitimer_js", "iid")
        .importFunction("env", "_emscripten_throw_longjmp", "v")
        .importFunction("env", "invoke_ii", "iii")
        .importFunction("env", "emscripten_resize_heap", "ii")
        .importFunction("env", "_gmtime_js", "iji")
        .importFunction("env", "_mktime_js", "ii")
        .importFunction("env", "_dlopen_js", "ii")
        .importFunction("env", "_dlsym_js", "iiii")
        .importFunction("env", "exit", "vi")
        .importFunction("env", "no_such_import", "v")
        .importFunction("wasi_snapshot_preview1", "fd_write", "iiiii")
        .importFunction("wasi_snapshot_preview1", "fd_read", "iiiii")
        .importFunction("wasi_snapshot_preview1", "fd_seek", "iijii")
        .importFunction("wasi_snapshot_preview1", "environ_sizes_get", "iii")
        .importFunction("wasi_snapshot_preview1", "environ_get", "iii")
        // A malloc that never frees: return heap; heap += size.
        .function("malloc", "ii", 0x23, 1, 0x23, 1, 0x20, 0, 0x6a, 0x24, 1)
        .function("calloc", "iii", 0x23, 1, 0x23, 1, 0x20, 0, 0x20, 1, 0x6c, 0x6a, 0x24, 1)
        .function("divide", "iii", 0x20, 0, 0x20, 1, 0x6d)
        .table()
        .global("__stack_pointer", true, 60_000)
        .global("heap", true, 10_000)
        .global("__THREW__", false, THREW)
        .global("__threwValue", false, THREW + 4)
        .dataAt(DATA, "first")
        .dataAt(DATA + 8, "second")
        .assemble();
  }

  private static final class RecordingHooks implements ProcessHooks {
    final List<String> calls = new ArrayList<>();

    @Override
    public int hostCall(int a, int b, int c) {
      calls.add("host " + a + " " + b + " " + c);
      return 7;
    }

    @Override
    public void setTimer(int which, double milliseconds) {
      calls.add("timer " + which + " " + milliseconds);
    }

    @Override
    public void console(int descriptor, byte[] bytes, int offset, int length) {
      calls.add("console " + descriptor + " " + new String(bytes, offset, length, UTF_8));
    }
  }

  private WasmProcess newProcess() {
    return new WasmProcess(
        PROGRAM,
        fileName -> library,
        tree,
        Map.of("PGDATA", "/pglite/data"),
        hooks,
        new MemorySettings(1, 50, 1.5));
  }

  private int text(String text) {
    return process.mallocString(text);
  }

  private int open(String path, int flags) {
    process.memory().writeI32(SCRATCH, 0666);
    return process.call("__syscall_openat", CWD, text(path), flags, SCRATCH);
  }

  /** A vector of one, then where the count goes. */
  private int vector(int address, int length) {
    process.memory().writeI32(SCRATCH, address);
    process.memory().writeI32(SCRATCH + 4, length);
    return SCRATCH;
  }

  private int result() {
    return process.memory().readInt(SCRATCH + 8);
  }

  @Test
  void theInitialImageIsInMemory() {
    assertThat(process.string(DATA)).isEqualTo("first");
    assertThat(process.string(DATA + 8)).isEqualTo("second");
    assertThat(process.address("__THREW__")).isEqualTo(THREW);
    assertThat(process.string(0)).isEmpty();
  }

  @Test
  void filesAreWrittenAndReadThroughDescriptors() {
    int fd = open("/tmp/file", OpenFlags.CREAT | OpenFlags.RDWR);
    assertThat(fd).isEqualTo(3);
    assertThat(tree.find("/tmp/file").mode()).isEqualTo(0100644);
    assertThat(process.call("fd_write", fd, vector(text("hello"), 5), 1, SCRATCH + 8)).isZero();
    assertThat(result()).isEqualTo(5);
    assertThat(process.function("fd_seek").callLong(fd, 1, 0, SCRATCH + 16)).isZero();
    assertThat(process.call("fd_read", fd, vector(SCRATCH + 32, 100), 1, SCRATCH + 8)).isZero();
    assertThat(result()).isEqualTo(4);
    assertThat(process.string(SCRATCH + 32)).isEqualTo("ello");
  }

  @Test
  void systemCallsFailWithNegativeErrnoAndWasiWithPositive() {
    assertThat(open("/tmp/nothing", 0)).isEqualTo(-Errno.ENOENT.number()).isEqualTo(-44);
    assertThat(process.call("fd_read", 9, vector(0, 0), 1, SCRATCH + 8)).isEqualTo(8);
  }

  @Test
  void aDirectoryIsListedInPieces() {
    tree.writeFile("/d/a", new byte[3], 0600);
    tree.makeDirectories("/d/b", 0700);
    int fd = open("/d", OpenFlags.DIRECTORY);
    List<String> names = new ArrayList<>();
    int size;
    while ((size = process.call("__syscall_getdents64", fd, SCRATCH, 600)) > 0) {
      for (int entry = 0; entry < size; entry += 280) {
        int type = process.memory().read(SCRATCH + entry + 18);
        names.add(process.string(SCRATCH + entry + 19) + ":" + type);
      }
    }
    assertThat(size).isZero();
    assertThat(names).containsExactly(".:4", "..:4", "a:8", "b:4");
  }

  @Test
  void statusTellsModeSizeAndTimes() {
    tree.writeFile("/f", new byte[1000], 0640);
    assertThat(process.call("__syscall_stat64", text("/f"), SCRATCH)).isZero();
    assertThat(process.memory().readInt(SCRATCH + 4)).isEqualTo(0100640);
    assertThat(process.memory().readLong(SCRATCH + 24)).isEqualTo(1000);
    assertThat(process.memory().readLong(SCRATCH + 56)).isGreaterThan(1_700_000_000L);
    assertThat(process.memory().readLong(SCRATCH + 88)).isEqualTo(tree.find("/f").inode());
  }

  @Test
  void hooksGetWaitsTimersAndTheConsole() {
    assertThat(process.call("__syscall_poll", 0, -72, 5)).isEqualTo(7);
    process.function("_setitimer_js").callLong(0, Double.doubleToRawLongBits(2.5));
    process.call("fd_write", 2, vector(text("oh"), 2), 1, SCRATCH + 8);
    assertThat(hooks.calls).containsExactly("host 0 -72 5", "timer 0 2.5", "console 2 oh");
  }

  @Test
  void theEnvironmentIsHandedOver() {
    process.call("environ_sizes_get", SCRATCH, SCRATCH + 4);
    assertThat(process.memory().readInt(SCRATCH)).isEqualTo(1);
    assertThat(process.memory().readInt(SCRATCH + 4)).isEqualTo("PGDATA=/pglite/data".length() + 1);
    process.call("environ_get", SCRATCH, SCRATCH + 100);
    assertThat(process.string(process.memory().readInt(SCRATCH))).isEqualTo("PGDATA=/pglite/data");
  }

  @Test
  void aLongJumpIsCaughtByInvoke() {
    int jumper =
        process.addFunction(
            "ii",
            a -> {
              process.setStackPointer(50_000);
              return process.call("_emscripten_throw_longjmp");
            });
    assertThat(process.call("invoke_ii", jumper, 1)).isZero();
    assertThat(process.stackPointer()).isEqualTo(60_000);
    assertThat(process.memory().readInt(THREW)).isEqualTo(1);
    assertThatExceptionOfType(LongJump.class).isThrownBy(() -> process.callTable(jumper, 1));
  }

  @Test
  void exitAndForeignExceptionsPassThroughInvoke() {
    int exits = process.addFunction("ii", a -> process.call("exit", (int) a[0]));
    ProcessExit exit =
        catchThrowableOfType(ProcessExit.class, () -> process.call("invoke_ii", exits, 100));
    assertThat(exit.status()).isEqualTo(100);
    int fails =
        process.addFunction(
            "ii",
            a -> {
              throw new java.util.ConcurrentModificationException("mine");
            });
    assertThatExceptionOfType(java.util.ConcurrentModificationException.class)
        .isThrownBy(() -> process.call("invoke_ii", fails, 0))
        .withMessage("mine");
    int adds = process.addFunction("ii", a -> a[0] + 1);
    assertThat(process.call("invoke_ii", adds, 41)).isEqualTo(42);
  }

  @Test
  void trapsAndMissingImportsAreFaults() {
    assertThat(process.call("divide", 42, 6)).isEqualTo(7);
    assertThatExceptionOfType(HostFault.class)
        .isThrownBy(() -> process.call("divide", 1, 0))
        .withMessageContaining("divide");
    assertThatExceptionOfType(HostFault.class)
        .isThrownBy(() -> process.call("no_such_import"))
        .withMessageContaining("no_such_import");
    assertThatExceptionOfType(HostFault.class)
        .isThrownBy(() -> process.function("nothing"))
        .withMessageContaining("nothing");
  }

  @Test
  void theHeapGrowsByItsFactorAndStopsAtItsLimit() {
    assertThat(process.call("emscripten_resize_heap", 10 * 65536 + 1)).isEqualTo(1);
    assertThat(process.memory().pages()).isEqualTo(11);
    assertThat(process.call("emscripten_resize_heap", 11 * 65536 + 1)).isEqualTo(1);
    assertThat(process.memory().pages()).isEqualTo(17);
    assertThat(process.call("emscripten_resize_heap", 51 * 65536)).isZero();
    assertThat(process.memory().pages()).isEqualTo(17);
  }

  @Test
  void calendarTimeGoesBothWays() {
    long leapDay = 1_709_208_000L; // 2024-02-29T12:00:00Z
    process.function("_gmtime_js").callLong(leapDay, SCRATCH);
    assertThat(process.memory().readInt(SCRATCH + 12)).as("day of month").isEqualTo(29);
    assertThat(process.memory().readInt(SCRATCH + 20)).as("year").isEqualTo(124);
    assertThat(process.memory().readInt(SCRATCH + 24)).as("Thursday").isEqualTo(4);
    assertThat(process.memory().readInt(SCRATCH + 28)).as("day of year").isEqualTo(59);
    assertThat(process.call("_mktime_js", SCRATCH)).isEqualTo((int) leapDay);
  }

  @Test
  void processesOfOneProgramAreIndependent() {
    WasmProcess other = newProcess();
    int slot = process.addFunction("i", a -> 1);
    assertThat(other.addFunction("i", a -> 2)).isEqualTo(slot);
    assertThat(process.callTable(slot)).isEqualTo(1);
    assertThat(other.callTable(slot)).isEqualTo(2);
    process.memory().writeI32(SCRATCH, 99);
    assertThat(other.memory().readInt(SCRATCH)).isZero();
  }

  // ---- dynamic libraries ----

  private int dso(String path) {
    int handle = process.malloc(36 + path.length() + 1);
    byte[] name = (path + "\0").getBytes(UTF_8);
    process.memory().write(handle + 36, name, 0, name.length);
    return handle;
  }

  private int symbol(int handle, String name) {
    return process.call("_dlsym_js", handle, text(name), SCRATCH);
  }

  @Test
  void aSideModuleIsPlacedAndLinked() {
    library =
        Program.interpreted(
            "side.so",
            new ModuleAssembler()
                .custom("dylink.0", 1, 4, 6, 2, 1, 0) // 6 bytes, aligned to 4, one slot
                .importMemory()
                .importGlobal("env", "__memory_base", false)
                .importGlobal("GOT.mem", "__THREW__", true)
                .importGlobal("GOT.func", "malloc", true)
                .importFunction("env", "divide", "iii")
                .function("base", "i", 0x23, 0)
                .function("threw", "i", 0x23, 1)
                .function("half", "ii", 0x20, 0, 0x41, 2, 0x10, 0)
                .function("mallocPointer", "i", 0x23, 2)
                .global("text", false, 0)
                .dataAtGlobal(0, "side")
                .assemble());
    int handle = dso("/lib/side.so");
    assertThat(process.call("_dlopen_js", handle)).isEqualTo(1);
    int base = process.callTable(symbol(handle, "base"));
    assertThat(base % 4).isZero();
    assertThat(process.string(base)).isEqualTo("side");
    assertThat(symbol(handle, "text")).isEqualTo(base);
    assertThat(process.callTable(symbol(handle, "threw"))).isEqualTo(THREW);
    assertThat(process.callTable(symbol(handle, "half"), 84)).isEqualTo(42);
    int malloc = process.callTable(symbol(handle, "mallocPointer"));
    assertThat(malloc).isEqualTo(process.tableSlot("malloc"));
    assertThat(symbol(handle, "half")).as("one slot only").isEqualTo(symbol(handle, "half"));
    assertThat(symbol(handle, "nothing")).isZero();
  }

  @Test
  void aLibraryWithAnUndefinedSymbolIsRefused() {
    library =
        Program.interpreted(
            "side.so",
            new ModuleAssembler()
                .custom("dylink.0", 1, 4, 0, 0, 0, 0)
                .importFunction("env", "pg_missing", "v")
                .assemble());
    assertThat(process.call("_dlopen_js", dso("/lib/side.so"))).isZero();
    library = null;
    assertThat(process.call("_dlopen_js", dso("/lib/none.so"))).isZero();
  }

  @Test
  void aLibraryMayBeJava() {
    process.provideLibrary(
        "java.so",
        Map.of(
            "twice", Symbol.function("ii", a -> 2 * a[0]),
            "magic", Symbol.data(new byte[] {1, 2, 3, 4})));
    int handle = dso("/pglite/lib/postgresql/java.so");
    assertThat(process.call("_dlopen_js", handle)).isEqualTo(1);
    assertThat(process.callTable(symbol(handle, "twice"), 21)).isEqualTo(42);
    assertThat(process.memory().readInt(symbol(handle, "magic"))).isEqualTo(0x04030201);
    assertThat(symbol(handle, "magic")).isEqualTo(symbol(handle, "magic"));
    assertThat(symbol(handle, "nothing")).isZero();
  }
}

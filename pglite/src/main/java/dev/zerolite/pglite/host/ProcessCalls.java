package dev.zerolite.pglite.host;

import dev.zerolite.pglite.fs.Errno;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import run.endive.runtime.Memory;

/** Environment, identity, signals, timers, the heap and the end of a process. */
final class ProcessCalls {
  /** What emscripten_resize_heap may be asked for at most. */
  private static final long HEAP_LIMIT = 1L << 31;

  private static final int UMASK = 022;

  private final WasmProcess process;
  private final List<byte[]> environment;
  private final ProcessHooks hooks;
  private final MemorySettings settings;

  ProcessCalls(
      WasmProcess process,
      Map<String, String> environment,
      ProcessHooks hooks,
      MemorySettings settings) {
    this.process = process;
    this.environment =
        environment.entrySet().stream()
            .map(e -> (e.getKey() + "=" + e.getValue() + "\0").getBytes(StandardCharsets.UTF_8))
            .toList();
    this.hooks = hooks;
    this.settings = settings;
  }

  void define(HostImports imports) {
    imports.wasi("environ_sizes_get", a -> environmentSizes((int) a[0], (int) a[1]));
    imports.wasi("environ_get", a -> environment((int) a[0], (int) a[1]));
    for (String id : List.of("getuid32", "geteuid32", "getgid32", "getegid32")) {
      imports.systemCall("__syscall_" + id, a -> 0);
    }
    imports.systemCall("__syscall_umask", a -> UMASK);
    imports.systemCall("__syscall_poll", a -> hooks.hostCall((int) a[0], (int) a[1], (int) a[2]));
    for (String socketCall :
        List.of("accept4", "bind", "connect", "listen", "recvfrom", "sendto", "socket")) {
      imports.systemCall("__syscall_" + socketCall, a -> -Errno.ENOSYS.number());
    }
    imports.function(
        "_setitimer_js",
        a -> {
          hooks.setTimer((int) a[0], Double.longBitsToDouble(a[1]));
          return 0;
        });
    imports.function("__call_sighandler", a -> process.callTable((int) a[0], (int) a[1]));
    imports.function("_emscripten_runtime_keepalive_clear", a -> 0);
    imports.function("getTempRet0", a -> process.call("_emscripten_tempret_get"));
    imports.function("setTempRet0", a -> process.call("_emscripten_tempret_set", (int) a[0]));
    imports.function("emscripten_get_heap_max", a -> HEAP_LIMIT);
    imports.function("emscripten_resize_heap", a -> resizeHeap(a[0] & 0xffffffffL));
    imports.function("exit", ProcessCalls::exit);
    imports.function("proc_exit", ProcessCalls::exit);
    imports.function(
        "_abort_js",
        a -> {
          throw new HostFault("the program called abort()");
        });
    imports.function(
        "__assert_fail",
        a -> {
          throw new HostFault(
              "assertion "
                  + process.string((int) a[0])
                  + " failed at "
                  + process.string((int) a[1])
                  + ":"
                  + (int) a[2]);
        });
  }

  private static long exit(long[] arguments) {
    throw new ProcessExit((int) arguments[0]);
  }

  private long environmentSizes(int count, int size) {
    process.memory().writeI32(count, environment.size());
    process.memory().writeI32(size, environment.stream().mapToInt(entry -> entry.length).sum());
    return 0;
  }

  private long environment(int pointers, int strings) {
    LinearMemory memory = process.memory();
    int pointer = pointers;
    int string = strings;
    for (byte[] entry : environment) {
      memory.writeI32(pointer, string);
      memory.write(string, entry, 0, entry.length);
      pointer += Integer.BYTES;
      string += entry.length;
    }
    return 0;
  }

  private long resizeHeap(long requestedBytes) {
    LinearMemory memory = process.memory();
    int pages = memory.pages();
    long needed = (requestedBytes + Memory.PAGE_SIZE - 1) / Memory.PAGE_SIZE;
    if (needed > memory.maximumPages()) {
      return 0;
    }
    // Each time the memory is copied: what has grown much grows in greater steps, to a quarter
    // more.
    int grown = pages - settings.initialPages();
    long more =
        Math.max((long) Math.ceil(pages * (settings.growth() - 1)), Math.min(grown / 2, pages / 4));
    long wanted = Math.max(needed, pages + more);
    int target = (int) Math.min(wanted, memory.maximumPages());
    boolean done =
        memory.grow(Math.max(0, target - pages)) >= 0
            || needed > pages && memory.grow((int) needed - pages) >= 0;
    return done ? 1 : 0;
  }
}

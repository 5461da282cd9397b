package dev.zerolite.pglite.host;

import dev.zerolite.pglite.fs.Errno;
import java.util.List;

/**
 * Functions of the C library that a dynamic library mentions, but that the main program was linked
 * without, so that nobody has them. All come with the OpenSSL inside pgcrypto, whose sockets,
 * terminal and locked memory PostgreSQL never uses.
 */
final class LibraryCalls {
  private final WasmProcess process;

  LibraryCalls(WasmProcess process) {
    this.process = process;
  }

  void define(HostImports imports) {
    for (String unsupported :
        List.of(
            "getsockname",
            "getsockopt",
            "setsockopt",
            "shutdown",
            "tcgetattr",
            "tcsetattr",
            "mlock")) {
      imports.function(unsupported, a -> unsupported());
    }
    imports.function("gethostbyname", a -> 0);
    // Advice and protection of memory that cannot be protected here.
    imports.function("madvise", a -> 0);
    imports.function("mprotect", a -> 0);
    imports.function("setbuf", a -> 0);
    imports.function("sleep", a -> a[0]);
    imports.function("signal", a -> unsupported()); // SIG_ERR is -1, too
  }

  private long unsupported() {
    process.memory().writeI32(process.call("__errno_location"), Errno.ENOSYS.number());
    return -1;
  }
}

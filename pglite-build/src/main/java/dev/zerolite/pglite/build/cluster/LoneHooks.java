package dev.zerolite.pglite.build.cluster;

import dev.zerolite.pglite.host.HostCall;
import dev.zerolite.pglite.host.ProcessHooks;
import dev.zerolite.pglite.host.WasmProcess;

/** Answers the patched places of PostgreSQL for a process that is alone in its cluster. */
final class LoneHooks implements ProcessHooks {
  /** What emscripten's getpid() says. */
  private static final int PID = 42;

  private final ConsoleLog console;
  private WasmProcess process;

  LoneHooks(ConsoleLog console) {
    this.console = console;
  }

  void attach(WasmProcess process) {
    this.process = process;
  }

  /** With 0 for an answer, everything goes on as in the unpatched module. */
  @Override
  public int hostCall(int a, int b, int c) {
    return switch (b) {
      case HostCall.MY_PROC_PID -> PID;
      case HostCall.SHMGET -> process.call("malloc", c);
      default -> 0;
    };
  }

  @Override
  public void setTimer(int which, double milliseconds) {
    // initdb's sessions set no timeouts
  }

  @Override
  public void console(int descriptor, byte[] bytes, int offset, int length) {
    console.write(bytes, offset, length);
  }
}

package dev.zerolite.pglite.host;

/**
 * exit(3) was called: unwinds all wasm frames. The image may still be called afterwards; PGlite
 * uses that to go on after main has "exited".
 */
public final class ProcessExit extends RuntimeException {
  private final int status;

  public ProcessExit(int status) {
    super("exit(" + status + ")", null, false, false);
    this.status = status;
  }

  public int status() {
    return status;
  }
}

package dev.zerolite.pglite.host;

/**
 * What a process image asks of whoever runs it. All methods are called on the thread that runs the
 * image, in the middle of wasm code; an unchecked exception of the implementer's own passes up
 * through the image untouched.
 */
public interface ProcessHooks {
  /**
   * The import {@code __syscall_poll}, which the patched wait points of PostgreSQL call with
   * negative markers among their arguments.
   */
  int hostCall(int a, int b, int c);

  /**
   * setitimer(2): call the export {@code _emscripten_timeout(which, now)} after that time, or not
   * any more if {@code milliseconds} is 0. {@code now} is {@link WasmProcess#now()}.
   */
  void setTimer(int which, double milliseconds);

  /**
   * The process wrote to its terminal.
   *
   * @param descriptor 1 for standard output, 2 for standard error and the terminal itself
   */
  void console(int descriptor, byte[] bytes, int offset, int length);
}

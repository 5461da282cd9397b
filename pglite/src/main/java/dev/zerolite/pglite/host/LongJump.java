package dev.zerolite.pglite.host;

/**
 * longjmp(3) on its way up to the invoke_ import that set the jump up. Java code between wasm
 * frames must let it pass untouched; where it jumps to stands in the process's memory.
 */
public final class LongJump extends RuntimeException {
  static final LongJump INSTANCE = new LongJump();

  private LongJump() {
    super("longjmp", null, false, false);
  }
}

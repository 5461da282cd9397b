package dev.zerolite.pglite.build.wasm;

/** The bytes are no WebAssembly, or use a feature that this model does not cover. */
public final class WasmFormatException extends RuntimeException {
  public WasmFormatException(String message) {
    super(message);
  }
}

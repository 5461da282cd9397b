package dev.zerolite.pglite.host;

/**
 * The process image cannot go on: a wasm trap, a failed assertion, an import that nobody
 * implements, a host function with a bug. Its memory must be thrown away, and whatever it shares
 * with other processes is suspect.
 */
public final class HostFault extends RuntimeException {
  public HostFault(String message) {
    super(message);
  }

  public HostFault(String message, Throwable cause) {
    super(message, cause);
  }
}

package dev.zerolite.pglite;

/**
 * Unwinds a backend's thread out of the wasm code when the cluster gives up or the backend has
 * ended. Never caught inside; it passes through the host untouched.
 */
final class BackendAborted extends RuntimeException {
  BackendAborted() {
    super("the backend has ended", null, false, false);
  }
}

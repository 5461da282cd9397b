package dev.zerolite.pglite;

import java.util.Map;

/**
 * Starts sessions; {@code Cluster} is the one that matters, tests may put a native server behind
 * it.
 */
@FunctionalInterface
public interface BackendStarter {
  /**
   * Starts a backend for a client that has connected. All that the client sends, beginning with its
   * startup packet, is for {@link Backend#receive}, unless the backend takes {@link
   * ClientOutput#input}; the backend authenticates it, and refuses it if need be, by itself.
   *
   * @param client where the client connects from
   * @param output where the backend's bytes go
   * @throws BackendStartException if there cannot be another backend now; nothing was written then
   */
  Backend connect(ClientAddress client, ClientOutput output) throws BackendStartException;

  /**
   * Starts a backend for a client in this JVM, and sends it the startup packet.
   *
   * @param startup the StartupMessage's parameters: {@code user} always; {@code database}, {@code
   *     replication}, {@code options}, {@code application_name} and any other run-time parameter
   * @throws BackendStartException if there cannot be another backend now
   */
  default Backend start(Map<String, String> startup, ClientOutput output)
      throws BackendStartException, InterruptedException {
    Backend backend = connect(ClientAddress.local(), output);
    byte[] packet = FrontendMessages.startup(startup);
    backend.receive(packet, 0, packet.length);
    return backend;
  }
}

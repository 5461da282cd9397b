package dev.zerolite.pglite;

import java.util.Map;

/**
 * Starts sessions; {@code Cluster} is the one that matters, tests may put a native server behind
 * it.
 */
@FunctionalInterface
public interface BackendStarter {
  /**
   * Starts a session for a client that is already authenticated. The backend writes
   * AuthenticationOk, ParameterStatus, BackendKeyData and ReadyForQuery to {@code output} itself,
   * possibly before this call returns.
   *
   * @param startup the StartupMessage's parameters: {@code user} always; {@code database}, {@code
   *     replication}, {@code options}, {@code application_name} and any other run-time parameter if
   *     the client sent them
   * @param output where the backend's bytes go
   * @throws BackendStartException if PostgreSQL refuses the session; nothing was written then
   * @throws InterruptedException if interrupted while waiting for the backend to be ready
   */
  Backend start(Map<String, String> startup, ClientOutput output)
      throws BackendStartException, InterruptedException;
}

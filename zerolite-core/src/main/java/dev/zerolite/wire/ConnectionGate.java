package dev.zerolite.wire;

import java.util.Map;

/**
 * Holds clients back until they may have a backend, for instance until migrations are done.
 *
 * <p>Called on the connection's own thread, before the backend starts, which authenticates them. An
 * implementation waits only as long as a bound of its own, and refuses when it is exceeded.
 */
@FunctionalInterface
public interface ConnectionGate {
  /**
   * Returns when the client may pass.
   *
   * @param startup the StartupMessage's parameters ({@code user}, {@code database}, {@code
   *     application_name} …), by which a privileged client can be told from an ordinary one
   * @throws ConnectionRefusedException if the client may not pass
   * @throws InterruptedException if the server stops meanwhile
   */
  void pass(Map<String, String> startup) throws ConnectionRefusedException, InterruptedException;

  /** A gate that lets everyone pass at once. */
  static ConnectionGate open() {
    return startup -> {};
  }
}

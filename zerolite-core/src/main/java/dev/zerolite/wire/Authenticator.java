package dev.zerolite.wire;

import java.io.IOException;

/**
 * Makes sure that a client may have the role it asks for.
 *
 * <p>Called on the connection's own thread. That a role exists at all is checked afterwards by the
 * backend (28000).
 */
@FunctionalInterface
public interface Authenticator {
  /**
   * Returns when the client has proved itself; AuthenticationOk is left to the backend.
   *
   * @throws ConnectionRefusedException if it has not, normally 28P01
   * @throws IOException if the client went away
   */
  void authenticate(String role, AuthenticationExchange exchange)
      throws ConnectionRefusedException, IOException;

  /** Believes everyone. */
  static Authenticator trust() {
    return (role, exchange) -> {};
  }

  /** Asks for the password in clear text. */
  static Authenticator cleartextPassword(RolePasswords passwords) {
    return new CleartextPasswordAuthenticator(passwords);
  }

  /** SCRAM-SHA-256, PostgreSQL's default: the password never crosses the connection. */
  static Authenticator scramSha256(RolePasswords passwords) {
    return new ScramSha256Authenticator(passwords);
  }
}

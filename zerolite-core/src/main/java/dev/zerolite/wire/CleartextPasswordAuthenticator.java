package dev.zerolite.wire;

import static dev.zerolite.wire.ConnectionRefusedException.protocolViolation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** PostgreSQL's method {@code password}; see CheckPasswordAuth in libpq/auth.c. */
record CleartextPasswordAuthenticator(RolePasswords passwords) implements Authenticator {
  @Override
  public void authenticate(String role, AuthenticationExchange exchange)
      throws ConnectionRefusedException, IOException {
    byte[] answer = exchange.askForPassword();
    String password = new String(answer, 0, Math.max(0, answer.length - 1), StandardCharsets.UTF_8);
    if (answer.length == 0 || answer[answer.length - 1] != 0 || password.indexOf('\0') >= 0) {
      throw protocolViolation("invalid password packet size");
    }
    if (password.isEmpty()) {
      throw new ConnectionRefusedException("28P01", "empty password returned by client");
    }
    if (!passwords.secretOf(role).map(secret -> secret.isOf(password)).orElse(false)) {
      throw ConnectionRefusedException.wrongPassword(role);
    }
  }
}

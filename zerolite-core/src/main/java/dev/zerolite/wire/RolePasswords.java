package dev.zerolite.wire;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Which secret a role's password is checked against. */
@FunctionalInterface
public interface RolePasswords {
  /** The role's secret; nothing if the role is unknown here or has no password. */
  Optional<ScramSecret> secretOf(String role);

  /** A password per role, and none for other roles. */
  static RolePasswords of(Map<String, String> passwordByRole) {
    Map<String, ScramSecret> secrets = new HashMap<>();
    passwordByRole.forEach((role, password) -> secrets.put(role, ScramSecret.of(password)));
    return role -> Optional.ofNullable(secrets.get(role));
  }

  /** One password for every role, whatever its name. */
  static RolePasswords sameForEveryRole(String password) {
    Optional<ScramSecret> secret = Optional.of(ScramSecret.of(password));
    return role -> secret;
  }
}

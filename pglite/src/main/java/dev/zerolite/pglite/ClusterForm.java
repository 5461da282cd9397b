package dev.zerolite.pglite;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * How a new cluster is to differ from what initdb makes. The build prepares some forms, so that a
 * start with one of them has nothing to set up.
 *
 * @param superuser name of the bootstrap superuser
 * @param password that superuser's password, if it is to have one
 * @param databases those that there are besides PostgreSQL's own
 */
public record ClusterForm(String superuser, Optional<String> password, List<String> databases) {
  /** What initdb makes. */
  public static final ClusterForm PLAIN =
      new ClusterForm(PostgresProgram.TEMPLATE_SUPERUSER, Optional.empty(), List.of());

  public ClusterForm {
    requireNonNull(password);
    databases = List.copyOf(databases);
    if (superuser.isEmpty()) {
      throw new IllegalArgumentException("the superuser's name is empty");
    }
  }
}

package dev.zerolite.pglite;

import dev.zerolite.pglite.directory.DataDirectory;
import dev.zerolite.pglite.directory.DataDirectoryException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The bootstrap superuser of a cluster, whose name and password its options say. */
final class Superuser {
  private final BackendStarter cluster;
  private final ClusterOptions options;
  private final Optional<DataDirectory> directory;

  Superuser(BackendStarter cluster, ClusterOptions options, Optional<DataDirectory> directory) {
    this.cluster = cluster;
    this.options = options;
    this.directory = directory;
  }

  /** Gives the bootstrap superuser the name and the password that the options ask for. */
  void setUp() throws BackendStartException, InterruptedException {
    if (directory.isEmpty()
        && options.password().isEmpty()
        && options.superuser().equals(PostgresProgram.TEMPLATE_SUPERUSER)) {
      return;
    }
    boolean isNew = directory.map(DataDirectory::isFresh).orElse(true);
    String likely = isNew ? PostgresProgram.TEMPLATE_SUPERUSER : options.superuser();
    try (SqlSession session = open(likely)) {
      nameSuperuser(session);
      rememberSuperuser();
      if (options.password().isPresent()) {
        String verifier = ScramVerifier.of(options.password().get());
        session.query(
            "ALTER ROLE " + quoted(options.superuser()) + " PASSWORD " + literal(verifier));
      }
    } catch (SqlSession.SqlException e) {
      throw new BackendStartException(e.sqlState(), e.getMessage());
    }
  }

  /** As whoever it may be: the name may be another since the last start. */
  SqlSession open() throws BackendStartException, InterruptedException {
    return open(options.superuser());
  }

  private SqlSession open(String likely) throws BackendStartException, InterruptedException {
    Set<String> names = new LinkedHashSet<>();
    names.add(likely);
    names.add(options.superuser());
    try {
      if (directory.isPresent()) {
        directory.get().superuser().ifPresent(names::add);
      }
    } catch (DataDirectoryException e) {
      throw Cluster.startException(e);
    }
    names.add(PostgresProgram.TEMPLATE_SUPERUSER);
    BackendStartException first = null;
    for (String name : names) {
      try {
        return openSession(name);
      } catch (BackendStartException e) {
        first = first == null ? e : first;
      }
    }
    throw first;
  }

  private SqlSession openSession(String user) throws BackendStartException, InterruptedException {
    return SqlSession.open(
        cluster,
        Map.of("user", user, "database", "postgres", "application_name", "zerolite cluster"));
  }

  private void rememberSuperuser() throws BackendStartException {
    try {
      if (directory.isPresent()) {
        directory.get().rememberSuperuser(options.superuser());
      }
    } catch (DataDirectoryException e) {
      throw Cluster.startException(e);
    }
  }

  /** A role cannot rename itself while it is the session's, so another one does it. */
  private void nameSuperuser(SqlSession session)
      throws BackendStartException, InterruptedException, SqlSession.SqlException {
    String wanted = options.superuser();
    String current = session.query("SELECT rolname FROM pg_roles WHERE oid = 10").get(0).get(0);
    if (wanted.equals(current)) {
      return;
    }
    if (!session.query("SELECT FROM pg_roles WHERE rolname = " + literal(wanted)).isEmpty()) {
      throw new BackendStartException(
          "42710",
          "the superuser of this cluster is called \"%s\", and \"%s\" is another role: start it with the superuser \"%s\", or drop the other role first"
              .formatted(current, wanted, current));
    }
    session.query("BEGIN");
    session.query("CREATE ROLE zerolite_rename SUPERUSER");
    session.query("SET SESSION AUTHORIZATION zerolite_rename");
    session.query("ALTER ROLE " + quoted(current) + " RENAME TO " + quoted(wanted));
    session.query("SET SESSION AUTHORIZATION " + quoted(wanted));
    session.query("DROP ROLE zerolite_rename");
    session.query("COMMIT");
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}

package dev.zerolite.pglite;

import dev.zerolite.pglite.directory.DataDirectory;
import dev.zerolite.pglite.directory.DataDirectoryException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Brings a cluster that answers into the form that its options ask for. */
final class ClusterSetUp {
  private final BackendStarter cluster;
  private final ClusterForm wanted;
  private final Optional<DataDirectory> directory;

  /** Whether a database is cheaper to make by copying the template's files than through the WAL. */
  private final boolean filesAreCheap;

  /**
   * @param filesAreCheap whether no file costs an fsync: then new databases are copies of the
   *     template's files, which takes a tenth of the time that writing them to the WAL takes
   */
  ClusterSetUp(
      BackendStarter cluster,
      ClusterForm wanted,
      Optional<DataDirectory> directory,
      boolean filesAreCheap) {
    this.cluster = cluster;
    this.wanted = wanted;
    this.directory = directory;
    this.filesAreCheap = filesAreCheap;
  }

  /**
   * Names the bootstrap superuser, sets its password and creates databases, as far as it is not so.
   *
   * @param is the form that the cluster is known to have; empty if it may be any
   */
  void run(Optional<ClusterForm> is) throws BackendStartException, InterruptedException {
    if (is.equals(Optional.of(wanted))) {
      rememberSuperuser();
      return;
    }
    String likely = is.map(ClusterForm::superuser).orElse(wanted.superuser());
    try (SqlSession session = open(likely)) {
      nameSuperuser(session);
      rememberSuperuser();
      if (wanted.password().isPresent()) {
        setPassword(session, wanted.password().get());
      }
      createDatabases(session);
    } catch (SqlSession.SqlException e) {
      throw new BackendStartException(e.sqlState(), e.getMessage());
    }
  }

  /** As whoever it may be: the name may be another since the last start. */
  SqlSession open() throws BackendStartException, InterruptedException {
    return open(wanted.superuser());
  }

  private SqlSession open(String likely) throws BackendStartException, InterruptedException {
    Set<String> names = new LinkedHashSet<>();
    names.add(likely);
    names.add(wanted.superuser());
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
        directory.get().rememberSuperuser(wanted.superuser());
      }
    } catch (DataDirectoryException e) {
      throw Cluster.startException(e);
    }
  }

  /** A role cannot rename itself while it is the session's, so another one does it. */
  private void nameSuperuser(SqlSession session)
      throws BackendStartException, InterruptedException, SqlSession.SqlException {
    String name = wanted.superuser();
    String current = session.query("SELECT rolname FROM pg_roles WHERE oid = 10").get(0).get(0);
    if (name.equals(current)) {
      return;
    }
    if (!session.query("SELECT FROM pg_roles WHERE rolname = " + literal(name)).isEmpty()) {
      throw new BackendStartException(
          "42710",
          "the superuser of this cluster is called \"%s\", and \"%s\" is another role: start it with the superuser \"%s\", or drop the other role first"
              .formatted(current, name, current));
    }
    session.query("BEGIN");
    session.query("CREATE ROLE zerolite_rename SUPERUSER");
    session.query("SET SESSION AUTHORIZATION zerolite_rename");
    session.query("ALTER ROLE " + quoted(current) + " RENAME TO " + quoted(name));
    session.query("SET SESSION AUTHORIZATION " + quoted(name));
    session.query("DROP ROLE zerolite_rename");
    session.query("COMMIT");
  }

  private void setPassword(SqlSession session, String password)
      throws InterruptedException, SqlSession.SqlException {
    String stored = session.query("SELECT rolpassword FROM pg_authid WHERE oid = 10").get(0).get(0);
    if (stored == null || !ScramVerifier.isOf(password, stored)) {
      session.query(
          "ALTER ROLE %s PASSWORD %s"
              .formatted(quoted(wanted.superuser()), literal(ScramVerifier.of(password))));
    }
  }

  private void createDatabases(SqlSession session)
      throws InterruptedException, SqlSession.SqlException {
    if (wanted.databases().isEmpty()) {
      return;
    }
    List<String> existing =
        session.query("SELECT datname FROM pg_database").stream().map(row -> row.get(0)).toList();
    for (String database : wanted.databases()) {
      if (!existing.contains(database)) {
        session.query(
            "CREATE DATABASE %s STRATEGY %s"
                .formatted(quoted(database), filesAreCheap ? "file_copy" : "wal_log"));
      }
    }
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}

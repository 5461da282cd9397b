package dev.zerolite.pglite;

import dev.zerolite.pglite.directory.ClusterNotes;
import dev.zerolite.pglite.directory.DataDirectory;
import dev.zerolite.pglite.directory.DataDirectoryException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Brings a cluster that answers into the form that its options ask for. */
final class ClusterSetUp {
  private final BackendStarter cluster;
  private final ClusterForm wanted;
  private final Optional<DataDirectory> directory;

  /** Whether a database is cheaper to make by copying the template's files than through the WAL. */
  private final boolean filesAreCheap;

  /** Whether the verifier that the directory remembers is of the password. */
  private final FutureTask<Boolean> passwordComparison = new FutureTask<>(this::comparePassword);

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
    if (directory.isPresent() && isRemembered(directory.get().notes())) {
      return;
    }
    String likely = is.map(ClusterForm::superuser).orElse(wanted.superuser());
    try (SqlSession session = open(likely)) {
      List<List<String>> found =
          session.query(
              "SELECT rolname, rolpassword FROM pg_authid WHERE oid = 10; SELECT datname FROM pg_database");
      List<String> databases = found.stream().skip(1).map(row -> row.get(0)).toList();
      boolean renamed = nameSuperuser(session, found.get(0).get(0));
      rememberSuperuser();
      boolean passwordSet =
          wanted.password().isPresent()
              && setPassword(
                  session, wanted.password().get(), Optional.ofNullable(found.get(0).get(1)));
      boolean databasesCreated = createDatabases(session, databases);
      if (directory.isPresent() && !renamed && !passwordSet && !databasesCreated) {
        directory.get().notes().rememberDatabases(databases);
      }
    } catch (SqlSession.SqlException e) {
      throw new BackendStartException(e.sqlState(), e.getMessage());
    }
  }

  /** Whether it is known without a session, which takes a cold JVM a quarter of a second. */
  private boolean isRemembered(ClusterNotes notes)
      throws BackendStartException, InterruptedException {
    try {
      List<String> databases = notes.databases().orElse(null);
      return databases != null
          && databases.containsAll(wanted.databases())
          && notes.superuser().equals(Optional.of(wanted.superuser()))
          && (wanted.password().isEmpty() || passwordIsRemembered());
    } catch (DataDirectoryException e) {
      throw Cluster.startException(e);
    }
  }

  private boolean passwordIsRemembered() throws BackendStartException, InterruptedException {
    passwordComparison.run(); // if it was not begun
    try {
      return passwordComparison.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DataDirectoryException unusable) {
        throw Cluster.startException(unusable);
      }
      throw new IllegalStateException("cannot compare the password", e.getCause());
    }
  }

  /**
   * Begins what {@link #run} needs of a directory that holds a cluster already: to compare a
   * password takes a cold JVM a tenth of a second, while which PostgreSQL starts.
   */
  void begin() {
    if (directory.isPresent() && wanted.password().isPresent()) {
      Thread thread = new Thread(passwordComparison, "pglite-password");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private boolean comparePassword() throws DataDirectoryException {
    Optional<String> remembered = directory.orElseThrow().notes().verifier();
    return remembered.isPresent()
        && ScramVerifier.isOf(wanted.password().orElseThrow(), remembered.get());
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
        directory.get().notes().superuser().ifPresent(names::add);
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
        directory
            .get()
            .notes()
            .rememberSuperuser(wanted.superuser(), directory.get().notes().verifier());
      }
    } catch (DataDirectoryException e) {
      throw Cluster.startException(e);
    }
  }

  /**
   * A role cannot rename itself while it is the session's, so another one does it.
   *
   * @return whether it had another name
   */
  private boolean nameSuperuser(SqlSession session, String current)
      throws BackendStartException, InterruptedException, SqlSession.SqlException {
    String name = wanted.superuser();
    if (name.equals(current)) {
      return false;
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
    return true;
  }

  /**
   * @return whether it was another one
   */
  private boolean setPassword(SqlSession session, String password, Optional<String> stored)
      throws BackendStartException, InterruptedException, SqlSession.SqlException {
    if (stored.isPresent() && isOf(password, stored.get())) {
      return false;
    }
    String verifier = ScramVerifier.of(password);
    session.query(
        "ALTER ROLE %s PASSWORD %s".formatted(quoted(wanted.superuser()), literal(verifier)));
    remember(verifier);
    return true;
  }

  private boolean isOf(String password, String stored)
      throws BackendStartException, InterruptedException {
    if (directory.isEmpty()) {
      return ScramVerifier.isOf(password, stored);
    }
    try {
      if (directory.get().notes().verifier().equals(Optional.of(stored))) {
        return passwordIsRemembered();
      }
    } catch (DataDirectoryException e) {
      throw Cluster.startException(e);
    }
    boolean same = ScramVerifier.isOf(password, stored);
    if (same) {
      remember(stored);
    }
    return same;
  }

  private void remember(String verifier) throws BackendStartException {
    try {
      if (directory.isPresent()) {
        directory.get().notes().rememberSuperuser(wanted.superuser(), Optional.of(verifier));
      }
    } catch (DataDirectoryException e) {
      throw Cluster.startException(e);
    }
  }

  /**
   * @return whether any was missing
   */
  private boolean createDatabases(SqlSession session, List<String> existing)
      throws InterruptedException, SqlSession.SqlException {
    boolean created = false;
    for (String database : wanted.databases()) {
      if (!existing.contains(database)) {
        session.query(
            "CREATE DATABASE %s STRATEGY %s"
                .formatted(quoted(database), filesAreCheap ? "file_copy" : "wal_log"));
        created = true;
      }
    }
    return created;
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}

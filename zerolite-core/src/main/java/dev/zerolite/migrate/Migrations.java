package dev.zerolite.migrate;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a database up to date. Each file runs in one transaction together with its row in {@code
 * zerolite.applied}: a file is applied whole or not at all, and never twice.
 *
 * <p>The connection must use pgjdbc's {@code preferQueryMode=simple}: then a file goes to the
 * server as it is, PostgreSQL alone finds where its statements end, and error positions count from
 * the start of the file.
 */
public final class Migrations {
  private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);

  // A schema of its own: zero-cache publishes the tables of schema public.
  private static final String BOOKKEEPING =
      """
      CREATE SCHEMA IF NOT EXISTS zerolite;
      CREATE TABLE IF NOT EXISTS zerolite.applied (
        kind text NOT NULL,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (kind, name)
      )""";

  private final Connection connection;

  /** The connection stays the caller's; its auto-commit mode is used and restored. */
  public Migrations(Connection connection) {
    this.connection = requireNonNull(connection);
  }

  /** How many files were applied now. */
  public record Applied(int migrations, boolean seed) {
    /** Neither migrations nor a seed. */
    public static final Applied NOTHING = new Applied(0, false);
  }

  /**
   * Applies what is not applied yet: the directory's {@code *.sql} files in the order of their
   * names, then the seed.
   *
   * @throws MigrationException if a file cannot be applied; those before it stay applied
   */
  public Applied apply(Optional<Path> directory, Optional<Path> seed) throws MigrationException {
    if (directory.isEmpty() && seed.isEmpty()) {
      return Applied.NOTHING;
    }
    try {
      if (!hasBookkeeping()) {
        inTransaction(() -> run(BOOKKEEPING));
      }
      var before = applied();
      int migrations = 0;
      var scripts = directory.isPresent() ? scripts(directory.get()) : List.<Script>of();
      warnOfMissing(before.keySet(), scripts);
      for (var script : scripts) {
        var checksum = before.get("migration " + script.name());
        if (checksum == null) {
          apply("migration", script);
          migrations++;
        } else if (!checksum.equals(script.checksum())) {
          throw new MigrationException(
              "%s has changed since it was applied. Undo the change and put it into a new migration, or begin with an empty database: zerolite reset"
                  .formatted(script.file()));
        }
      }
      boolean seeded = false;
      if (seed.isPresent()) {
        var script = Script.read(seed.get());
        var checksum = before.get("seed " + script.name());
        if (checksum == null) {
          apply("seed", script);
          seeded = true;
        } else if (!checksum.equals(script.checksum())) {
          LOG.warn(
              "{} has changed since it ran, and a seed runs only once. To run it again begin with an empty database: zerolite reset",
              script.file());
        }
      }
      return new Applied(migrations, seeded);
    } catch (SQLException e) {
      throw new MigrationException("the migrations could not be recorded: " + e.getMessage(), e);
    }
  }

  /**
   * Asked at every start instead of leaving it to IF NOT EXISTS, which calls event triggers also if
   * all is there; zero-cache's take a second then, and announce a change to it.
   */
  private boolean hasBookkeeping() throws SQLException {
    try (var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT pg_catalog.to_regclass('zerolite.applied') IS NOT NULL")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /** A file that was applied and is gone is most likely one that was renamed. */
  private static void warnOfMissing(Set<String> applied, List<Script> scripts) {
    var names = scripts.stream().map(script -> "migration " + script.name()).toList();
    for (var name : new TreeSet<>(applied)) {
      if (name.startsWith("migration ") && !names.contains(name)) {
        LOG.warn(
            "{} was applied to this database and is not there any more. If it was renamed, it is applied again; undo that, or begin with an empty database: zerolite reset",
            name);
      }
    }
  }

  private static List<Script> scripts(Path directory) throws MigrationException {
    try (var files = Files.list(directory)) {
      var inOrder =
          files
              .filter(file -> file.getFileName().toString().endsWith(".sql"))
              .filter(Files::isRegularFile)
              .sorted(Comparator.comparing(file -> file.getFileName().toString()))
              .toList();
      var scripts = new java.util.ArrayList<Script>();
      for (var file : inOrder) {
        scripts.add(Script.read(file));
      }
      return scripts;
    } catch (IOException e) {
      throw new MigrationException("%s cannot be read: %s".formatted(directory, e.getMessage()), e);
    }
  }

  private Map<String, String> applied() throws SQLException {
    var checksums = new HashMap<String, String>();
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT kind, name, checksum FROM zerolite.applied")) {
      while (rows.next()) {
        checksums.put(rows.getString(1) + " " + rows.getString(2), rows.getString(3));
      }
    }
    return checksums;
  }

  private void apply(String kind, Script script) throws SQLException, MigrationException {
    long start = System.nanoTime();
    try {
      inTransaction(
          () -> {
            var transaction = currentTransaction();
            run(script.sql());
            record(kind, script);
            if (!currentTransaction().equals(transaction)) {
              LOG.warn(
                  "{} contains a COMMIT or ROLLBACK of its own, so it was not applied as a whole; remove them",
                  script.file());
            }
          });
    } catch (PSQLException e) {
      throw new MigrationException(explain(script, e), e);
    }
    // What the file SET (a dump empties search_path) must not reach the next file.
    run("DISCARD ALL");
    LOG.info(
        "{} {} applied in {} ms", kind, script.name(), (System.nanoTime() - start) / 1_000_000);
  }

  private void record(String kind, Script script) throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO zerolite.applied (kind, name, checksum) VALUES (?, ?, ?)")) {
      insert.setString(1, kind);
      insert.setString(2, script.name());
      insert.setString(3, script.checksum());
      insert.executeUpdate();
    }
  }

  private String currentTransaction() throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT pg_catalog.pg_current_xact_id()::text")) {
      row.next();
      return row.getString(1);
    }
  }

  private void run(String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.setEscapeProcessing(false); // {…} is SQL here, never JDBC's escape syntax
      statement.execute(sql);
    }
  }

  private interface Work {
    void run() throws SQLException;
  }

  private void inTransaction(Work work) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      work.run();
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      rollBack(e);
      throw e;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(autoCommit);
      }
    }
  }

  private void rollBack(Exception reason) {
    try {
      if (!connection.isClosed()) {
        connection.rollback();
      }
    } catch (SQLException e) {
      reason.addSuppressed(e);
    }
  }

  private static String explain(Script script, PSQLException e) {
    var message = new StringBuilder();
    ServerErrorMessage error = e.getServerErrorMessage();
    if (error == null) {
      return message.append(script.file()).append(": ").append(e.getMessage()).toString();
    }
    message.append(script.file());
    var place =
        error.getPosition() > 0
            ? Optional.of(script.placeOf(error.getPosition()))
            : Optional.<Script.Place>empty();
    place.ifPresent(found -> message.append(':').append(found.line()));
    message.append(": ").append(error.getMessage());
    message.append(" (SQLSTATE ").append(error.getSQLState()).append(')');
    place.ifPresent(found -> message.append('\n').append(found.shown()));
    append(message, "DETAIL", error.getDetail());
    append(message, "HINT", error.getHint());
    append(message, "CONTEXT", error.getWhere());
    return message.toString();
  }

  private static void append(StringBuilder message, String field, String text) {
    if (text != null) {
      message.append('\n').append(field).append(": ").append(text);
    }
  }
}

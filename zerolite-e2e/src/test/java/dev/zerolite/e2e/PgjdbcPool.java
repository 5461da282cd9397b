package dev.zerolite.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Twenty pgjdbc connections at once: both protocols, transactions, locks, cancels, SQLSTATEs. */
final class PgjdbcPool {
  private static final int CONNECTIONS = 20;
  private static final int ROUNDS = 5;
  private static final long TIMEOUT_SECONDS = 120;

  private final String url;

  PgjdbcPool(String jdbcUrl) {
    this.url = jdbcUrl;
  }

  void check() throws Exception {
    try (var admin = DriverManager.getConnection(url)) {
      execute(admin, "DROP TABLE IF EXISTS pgjdbc_counter, pgjdbc_row");
      execute(admin, "CREATE TABLE pgjdbc_counter (id int PRIMARY KEY, n int NOT NULL)");
      execute(admin, "CREATE TABLE pgjdbc_row (id text PRIMARY KEY, n int NOT NULL)");
      execute(admin, "INSERT INTO pgjdbc_counter VALUES (1, 0)");
      var connections = new ArrayList<Connection>();
      try {
        inParallel(
            k -> {
              // Every other one speaks only the simple protocol.
              var mode = k % 2 == 0 ? "&preferQueryMode=simple" : "&prepareThreshold=1";
              var connection = DriverManager.getConnection(url + mode);
              synchronized (connections) {
                connections.add(connection);
              }
              return connection;
            });
        assertThat(pids(connections)).doesNotHaveDuplicates();
        inParallel(
            k -> {
              work(connections.get(k), k);
              return null;
            });
      } finally {
        for (var connection : connections) {
          connection.close();
        }
      }
      assertThat(single(admin, "SELECT n FROM pgjdbc_counter")).isEqualTo(CONNECTIONS * ROUNDS);
      assertThat(single(admin, "SELECT count(*)::int FROM pgjdbc_row"))
          .isEqualTo(CONNECTIONS * ROUNDS);
      execute(admin, "DROP TABLE pgjdbc_counter, pgjdbc_row");
    }
  }

  private static List<Integer> pids(List<Connection> connections) throws SQLException {
    var pids = new ArrayList<Integer>();
    for (var connection : connections) {
      pids.add(single(connection, "SELECT pg_backend_pid()"));
    }
    return pids;
  }

  private static void work(Connection connection, int k) throws SQLException {
    preparedAgainAndAgain(connection, k);
    contendedCounter(connection);
    batchAndCursor(connection, k);
    errors(connection);
    rolledBack(connection, k);
    cancelled(connection);
    assertThat(single(connection, "SELECT 1")).isEqualTo(1);
  }

  private static void preparedAgainAndAgain(Connection connection, int k) throws SQLException {
    try (var sum = connection.prepareStatement("SELECT ?::int + ?::int")) {
      for (int i = 0; i < ROUNDS; i++) {
        sum.setInt(1, k);
        sum.setInt(2, i);
        try (var rows = sum.executeQuery()) {
          rows.next();
          assertThat(rows.getInt(1)).isEqualTo(k + i);
        }
      }
    }
  }

  /** All wait for each other's row lock; no increment may be lost. */
  private static void contendedCounter(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    for (int i = 0; i < ROUNDS; i++) {
      int n = single(connection, "SELECT n FROM pgjdbc_counter WHERE id = 1 FOR UPDATE");
      execute(connection, "UPDATE pgjdbc_counter SET n = " + (n + 1) + " WHERE id = 1");
      connection.commit();
    }
    connection.setAutoCommit(true);
  }

  private static void batchAndCursor(Connection connection, int k) throws SQLException {
    connection.setAutoCommit(false);
    try (var insert = connection.prepareStatement("INSERT INTO pgjdbc_row VALUES (?, ?)")) {
      for (int i = 0; i < ROUNDS; i++) {
        insert.setString(1, k + "/" + i);
        insert.setInt(2, i);
        insert.addBatch();
      }
      assertThat(insert.executeBatch()).hasSize(ROUNDS);
    }
    try (var statement = connection.createStatement()) {
      statement.setFetchSize(2); // a portal that is suspended and resumed
      try (var rows =
          statement.executeQuery(
              "SELECT n FROM pgjdbc_row WHERE id LIKE '" + k + "/%' ORDER BY n")) {
        for (int i = 0; i < ROUNDS; i++) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getInt(1)).isEqualTo(i);
        }
        assertThat(rows.next()).isFalse();
      }
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  private static void errors(Connection connection) {
    fails(connection, "22012", "SELECT 1 / 0");
    fails(connection, "42P01", "SELECT * FROM no_such_table");
    fails(connection, "42601", "SELEC 1");
    fails(connection, "22P02", "SELECT 'x'::int");
    fails(connection, "23505", "INSERT INTO pgjdbc_counter VALUES (1, 1)");
    fails(connection, "23502", "INSERT INTO pgjdbc_row (id) VALUES ('null')");
  }

  private static void rolledBack(Connection connection, int k) throws SQLException {
    connection.setAutoCommit(false);
    execute(connection, "INSERT INTO pgjdbc_row VALUES ('gone/" + k + "', 0)");
    var savepoint = connection.setSavepoint();
    fails(connection, "22012", "SELECT 1 / 0");
    fails(connection, "25P02", "SELECT 1");
    connection.rollback(savepoint);
    assertThat(single(connection, "SELECT 2")).isEqualTo(2);
    connection.rollback();
    connection.setAutoCommit(true);
  }

  /** pgjdbc's query timeout sends a CancelRequest over a connection of its own. */
  private static void cancelled(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> statement.execute("SELECT pg_sleep(60)"))
          .returns("57014", SQLException::getSQLState);
    }
  }

  private static void fails(Connection connection, String sqlState, String sql) {
    assertThatExceptionOfType(SQLException.class)
        .as(sql)
        .isThrownBy(() -> execute(connection, sql))
        .returns(sqlState, SQLException::getSQLState);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static int single(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private interface Work {
    Object on(int k) throws Exception;
  }

  private static void inParallel(Work work) throws Exception {
    var threads = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      var tasks = new ArrayList<Callable<Object>>();
      for (int k = 0; k < CONNECTIONS; k++) {
        int number = k;
        tasks.add(() -> work.on(number));
      }
      for (var done : threads.invokeAll(tasks, TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}

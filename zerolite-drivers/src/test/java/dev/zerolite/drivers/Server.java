package dev.zerolite.drivers;

import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where the server under test is. Tests get it from {@link ServerExtension}.
 *
 * @param certificate what it authenticates itself with; none if it has no TLS
 */
record Server(
    String host,
    int port,
    String user,
    String password,
    Optional<Path> certificate,
    AtomicInteger databases) {
  static Server at(URI url, Path certificate) {
    var login = url.getUserInfo().split(":");
    return new Server(
        url.getHost(),
        url.getPort(),
        login[0],
        login[1],
        Optional.of(certificate),
        new AtomicInteger());
  }

  /** Creates a database of the test's own. */
  String newDatabase() throws SQLException {
    var name = "drivers_" + databases.incrementAndGet();
    try (var connection = connect("postgres");
        var statement = connection.createStatement()) {
      statement.execute("create database " + name);
    }
    return name;
  }

  String jdbcUrl(String database) {
    return "jdbc:postgresql://%s:%d/%s".formatted(host, port, database);
  }

  String url(String database) {
    return "postgresql://%s:%s@%s:%d/%s".formatted(user, password, host, port, database);
  }

  Connection connect(String database) throws SQLException {
    return connect(database, "");
  }

  /**
   * Connects with pgjdbc.
   *
   * @param options parameters of the URL, such as {@code preferQueryMode=simple}
   */
  Connection connect(String database, String options) throws SQLException {
    return DriverManager.getConnection(jdbcUrl(database) + "?" + options, user, password);
  }

  /** The first column of the only row, as text. */
  static String query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      if (!rows.next()) {
        throw new AssertionError("no row: " + sql);
      }
      var value = rows.getString(1);
      if (rows.next()) {
        throw new AssertionError("more than one row: " + sql);
      }
      return value;
    }
  }
}

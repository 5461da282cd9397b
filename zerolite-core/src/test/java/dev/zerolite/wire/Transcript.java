package dev.zerolite.wire;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

/** What several sessions of one server are answered, one step after the other. */
final class Transcript {
  private final int port;
  private final Map<String, Connection> sessions = new HashMap<>();
  private final List<String> lines = new ArrayList<>();

  Transcript(int port) {
    this.port = port;
  }

  /**
   * Takes all steps, ends all sessions.
   *
   * @param steps lines: a session's name, then {@code login USER DATABASE PASSWORD}, {@code quit}
   *     or SQL
   */
  List<String> play(String steps) throws SQLException {
    try {
      for (String step : steps.lines().toList()) {
        lines.add("> " + step);
        String[] words = step.split(" ", 2);
        take(words[0], words[1]);
      }
    } finally {
      for (Connection session : sessions.values()) {
        session.close();
      }
    }
    return List.copyOf(lines);
  }

  private void take(String name, String step) throws SQLException {
    String[] words = step.split(" ");
    try {
      if (words[0].equals("login")) {
        sessions.put(name, login(words[1], words[2], words.length > 3 ? words[3] : ""));
        warnings(sessions.get(name).getWarnings());
      } else if (step.equals("quit")) {
        quit(sessions.get(name));
      } else {
        execute(sessions.get(name), step);
      }
    } catch (PSQLException e) {
      ServerErrorMessage message = e.getServerErrorMessage();
      // pgjdbc has messages of its own, for instance for a connection that is closed
      lines.add(message == null ? e.getSQLState() + " " + e.getMessage() : readable(message));
    }
  }

  private Connection login(String user, String database, String password) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    // so that a statement is one statement, and settings of client_encoding do not stop pgjdbc
    properties.setProperty("preferQueryMode", "simple");
    properties.setProperty("allowEncodingChanges", "true");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, properties);
  }

  /** Returns when the server has forgotten the session. */
  private void quit(Connection session) throws SQLException {
    int pid = session.unwrap(org.postgresql.PGConnection.class).getBackendPID();
    session.close();
    try (Connection watcher = login("postgres", "postgres", "");
        Statement statement = watcher.createStatement()) {
      boolean gone = false;
      while (!gone) {
        try (ResultSet row =
            statement.executeQuery(
                "select not exists (select from pg_stat_activity where pid = " + pid + ")")) {
          row.next();
          gone = row.getBoolean(1);
        }
      }
    }
  }

  private void execute(Connection session, String sql) throws SQLException {
    try (Statement statement = session.createStatement()) {
      boolean rows = statement.execute(sql);
      warnings(statement.getWarnings());
      if (!rows) {
        lines.add("done, " + statement.getUpdateCount());
        return;
      }
      try (ResultSet result = statement.getResultSet()) {
        int columns = result.getMetaData().getColumnCount();
        while (result.next()) {
          List<String> values = new ArrayList<>();
          for (int i = 1; i <= columns; i++) {
            values.add(Objects.toString(result.getString(i)));
          }
          lines.add(String.join(" | ", values));
        }
      }
    }
  }

  private void warnings(SQLWarning first) {
    for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
      lines.add(readable(((PSQLWarning) warning).getServerErrorMessage()));
    }
  }

  private static String readable(ServerErrorMessage message) {
    List<String> fields = new ArrayList<>();
    for (String field :
        new String[] {
          message.getSeverity(),
          message.getSQLState(),
          message.getMessage(),
          message.getDetail(),
          message.getHint(),
          message.getWhere(),
          message.getRoutine()
        }) {
      fields.add(Objects.toString(field, ""));
    }
    return String.join(" / ", fields);
  }
}

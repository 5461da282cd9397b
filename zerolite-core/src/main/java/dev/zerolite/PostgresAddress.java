package dev.zerolite;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/**
 * Where a server is and who we are there.
 *
 * @param port on 127.0.0.1
 */
record PostgresAddress(int port, String user, String password) {

  /** As every PostgreSQL client understands it. */
  String url(String database) {
    return "postgresql://%s:%s@127.0.0.1:%d/%s"
        .formatted(encoded(user), encoded(password), port, encoded(database));
  }

  /** For zero-cache: without asking for TLS on each of its many connections. */
  String clearTextUrl(String database) {
    return url(database) + "?sslmode=disable";
  }

  /** A connection that {@link SetupGate} lets pass. */
  Connection connectForSetup(String database) throws SQLException {
    var properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("ApplicationName", SetupGate.SETUP);
    // Only for such a server does the driver put its name into the startup packet.
    properties.setProperty("assumeMinServerVersion", "15");
    // Setup sends whole files; PostgreSQL, not the driver, finds where their statements end.
    properties.setProperty("preferQueryMode", "simple");
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    properties.setProperty("connectTimeout", "30");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, encoded(database)), properties);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}

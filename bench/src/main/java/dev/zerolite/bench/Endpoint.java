package dev.zerolite.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Where a server listens. */
record Endpoint(String name, String jdbcUrl, String user, String password) {

  Connection connect() throws SQLException {
    return connect(new Properties());
  }

  Connection connect(Properties more) throws SQLException {
    var properties = new Properties();
    properties.putAll(more);
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    return DriverManager.getConnection(jdbcUrl, properties);
  }

  /** A connection for the replication protocol. */
  Connection replicate() throws SQLException {
    var properties = new Properties();
    properties.setProperty("replication", "database");
    properties.setProperty("assumeMinServerVersion", "10");
    properties.setProperty("preferQueryMode", "simple");
    return connect(properties);
  }

  SocketSession session() throws Exception {
    return SocketSession.open(jdbcUrl, user, password);
  }
}

package dev.zerolite.replication;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;

/**
 * A PostgreSQL on a port of 127.0.0.1 that trusts everyone; its superuser and first database are
 * both called {@code postgres}.
 */
interface PgServer extends AutoCloseable {
  /** What both servers of a comparison are started with. */
  Map<String, String> SETTINGS =
      Map.of(
          "wal_level", "logical",
          "max_prepared_transactions", "10",
          "max_wal_senders", "10",
          "max_replication_slots", "40",
          "autovacuum", "off",
          "synchronous_commit", "on",
          "TimeZone", "UTC");

  int port();

  /** Connects as superuser. */
  default Connection connect() throws SQLException {
    return connect("postgres");
  }

  default Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port() + "/" + database + "?user=postgres");
  }

  /** Where another PostgreSQL finds this one, for CREATE SUBSCRIPTION. */
  default String connectionString() {
    return "host=127.0.0.1 port=" + port() + " user=postgres dbname=postgres";
  }

  @Override
  void close();
}

package dev.zerolite;

import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The databases that zerolite needs in its cluster. */
final class Databases {
  /** Client view records: what zero-cache knows of each browser. */
  static final String CVR = "zero_cvr";

  /** zero-cache's change log. */
  static final String CHANGE = "zero_cdb";

  private static final Logger LOG = LoggerFactory.getLogger(Databases.class);
  private static final String FIRST = "postgres";

  private final PostgresAddress server;

  Databases(PostgresAddress server) {
    this.server = server;
  }

  /** Those that there shall be. */
  static List<String> all(String appDatabase) {
    return List.of(appDatabase, CVR, CHANGE);
  }

  /** Creates those that are not there yet. */
  void createMissing(String appDatabase) throws SQLException {
    try (var connection = server.connectForSetup(FIRST);
        var exists =
            connection.prepareStatement("SELECT FROM pg_catalog.pg_database WHERE datname = ?");
        var create = connection.createStatement()) {
      create.setEscapeProcessing(false);
      for (var database : all(appDatabase)) {
        exists.setString(1, database);
        try (var rows = exists.executeQuery()) {
          if (rows.next()) {
            continue;
          }
        }
        create.execute("CREATE DATABASE \"%s\"".formatted(database.replace("\"", "\"\"")));
        LOG.debug("created database {}", database);
      }
    }
  }

  /**
   * Whether zero-cache has a slot here. Without one its replica belongs to a database that is gone.
   *
   * @param shard zero-cache's app id and shard number, with which its slots' names begin
   */
  boolean hasSlotOf(String database, String shard) throws SQLException {
    try (var connection = server.connectForSetup(database);
        var slots =
            connection.prepareStatement(
                "SELECT FROM pg_catalog.pg_replication_slots"
                    + " WHERE coalesce(database, ?) = ? AND pg_catalog.starts_with(slot_name::text, ?)")) {
      slots.setString(1, database);
      slots.setString(2, database); // one of a table of changes is physical, of no database
      slots.setString(3, shard + "_");
      try (var rows = slots.executeQuery()) {
        return rows.next();
      }
    }
  }
}

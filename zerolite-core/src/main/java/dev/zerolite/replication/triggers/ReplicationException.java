package dev.zerolite.replication.triggers;

/** What a replication connection is told, with its SQLSTATE. */
final class ReplicationException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String sqlState;

  ReplicationException(String sqlState, String message) {
    super(message);
    this.sqlState = sqlState;
  }

  String sqlState() {
    return sqlState;
  }
}

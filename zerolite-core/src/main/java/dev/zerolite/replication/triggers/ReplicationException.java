package dev.zerolite.replication.triggers;

/** What a replication connection is told, with its SQLSTATE. */
final class ReplicationException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String sqlState;
  private final String context;

  ReplicationException(String sqlState, String message) {
    this(sqlState, message, "");
  }

  private ReplicationException(String sqlState, String message, String context) {
    super(message);
    this.sqlState = sqlState;
    this.context = context;
  }

  /** The same, with where it happened: field W of the protocol's ErrorResponse. */
  ReplicationException in(String where) {
    ReplicationException located = new ReplicationException(sqlState, getMessage(), where);
    located.initCause(this);
    return located;
  }

  /** Empty if there is none. */
  String context() {
    return context;
  }

  String sqlState() {
    return sqlState;
  }
}

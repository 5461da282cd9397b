package dev.zerolite.pglite;

import static java.util.Objects.requireNonNull;

/**
 * PostgreSQL refused a session, for instance 3D000 (no such database) or 53300 (too many
 * connections).
 */
public final class BackendStartException extends Exception {
  private final String sqlState;

  /**
   * @param sqlState five characters, see PostgreSQL's errcodes
   * @param message what PostgreSQL said
   */
  public BackendStartException(String sqlState, String message) {
    super(message);
    this.sqlState = requireNonNull(sqlState);
  }

  /** The five-character SQLSTATE to send with severity FATAL. */
  public String sqlState() {
    return sqlState;
  }
}

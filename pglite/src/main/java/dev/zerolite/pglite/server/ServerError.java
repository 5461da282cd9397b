package dev.zerolite.pglite.server;

import static java.util.Objects.requireNonNull;

/** An error of a statement, thrown in Java, reported to the client as PostgreSQL's own are. */
public final class ServerError extends RuntimeException {
  private final String sqlState;
  private final String detail;
  private final String hint;

  /**
   * @param sqlState five characters of 0-9 and A-Z, as in PostgreSQL's appendix "Error Codes"
   * @param detail "" for none
   * @param hint "" for none
   */
  public ServerError(String sqlState, String message, String detail, String hint) {
    super(requireNonNull(message));
    if (!sqlState.matches("[0-9A-Z]{5}")) {
      throw new IllegalArgumentException("'" + sqlState + "' is no SQLSTATE");
    }
    this.sqlState = sqlState;
    this.detail = requireNonNull(detail);
    this.hint = requireNonNull(hint);
  }

  public ServerError(String sqlState, String message) {
    this(sqlState, message, "", "");
  }

  public String sqlState() {
    return sqlState;
  }

  public String detail() {
    return detail;
  }

  public String hint() {
    return hint;
  }
}

package dev.zerolite.pglite.directory;

import static java.util.Objects.requireNonNull;

/** A directory cannot be used; the message says why and what to do next. */
public final class DataDirectoryException extends Exception {
  private final String sqlState;

  DataDirectoryException(String sqlState, String message) {
    this(sqlState, message, null);
  }

  DataDirectoryException(String sqlState, String message, Throwable cause) {
    super(message, cause);
    this.sqlState = requireNonNull(sqlState);
  }

  /** What PostgreSQL would say, see its errcodes. */
  public String sqlState() {
    return sqlState;
  }
}

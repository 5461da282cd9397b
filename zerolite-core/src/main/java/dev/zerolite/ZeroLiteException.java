package dev.zerolite;

import static java.util.Objects.requireNonNull;

/** zerolite did not start; the message says what to do next. */
public final class ZeroLiteException extends Exception {
  /** What went wrong, for those who must tell it apart: the command's exit codes follow it. */
  public enum Reason {
    /** A program such as Node.js is missing, or a file cannot be written. */
    ENVIRONMENT,
    /** A port belongs to another process. */
    PORT_IN_USE,
    /** PostgreSQL did not start. */
    DATABASE,
    /** A migration or the seed failed. */
    MIGRATION,
    /** zero-cache did not become healthy. */
    ZERO_CACHE,
    /** The app's own server did not start. */
    APP
  }

  private final Reason reason;

  ZeroLiteException(Reason reason, String message) {
    this(reason, message, null);
  }

  ZeroLiteException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = requireNonNull(reason);
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }
}

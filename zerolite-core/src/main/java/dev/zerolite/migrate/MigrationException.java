package dev.zerolite.migrate;

/**
 * A migration or the seed was not applied; the message shows the file, the place in it and
 * PostgreSQL's own words.
 */
public final class MigrationException extends Exception {
  MigrationException(String message) {
    super(message);
  }

  MigrationException(String message, Throwable cause) {
    super(message, cause);
  }
}

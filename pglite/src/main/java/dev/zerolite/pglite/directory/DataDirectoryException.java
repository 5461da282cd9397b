package dev.zerolite.pglite.directory;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A directory cannot be used; the message says why and what to do next. */
public final class DataDirectoryException extends Exception {
  // SQLSTATEs of PostgreSQL's errcodes.txt.
  static final String FEATURE_NOT_SUPPORTED = "0A000";
  static final String OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";
  private static final String INSUFFICIENT_PRIVILEGE = "42501";
  private static final String DISK_FULL = "53100";
  private static final String IO_ERROR = "58030";
  private static final String DATA_CORRUPTED = "XX001";

  private final String sqlState;

  DataDirectoryException(String sqlState, String message) {
    this(sqlState, message, null);
  }

  DataDirectoryException(String sqlState, String message, Throwable cause) {
    super(message, cause);
    this.sqlState = requireNonNull(sqlState);
  }

  /** Of a directory that holds a cluster, but not all of it. */
  static DataDirectoryException damaged(Path path, String what) {
    return new DataDirectoryException(
        DATA_CORRUPTED,
        "The database in %s is damaged: %s. Nothing there was touched. Restore the directory from a copy, or remove it to begin with a new database."
            .formatted(path, what));
  }

  /** Of a directory whose files the operating system does not let be read or written. */
  static DataDirectoryException unusable(Path path, IOException cause) {
    String reason =
        cause instanceof FileSystemException e && e.getReason() != null
            ? e.getReason()
            : String.valueOf(cause.getMessage());
    if (cause instanceof AccessDeniedException || reason.contains("Read-only file system")) {
      return new DataDirectoryException(
          INSUFFICIENT_PRIVILEGE,
          "%s cannot be written (%s). Make it writable for the user who runs this, or use another directory."
              .formatted(
                  path,
                  cause instanceof AccessDeniedException
                      ? "permission denied: " + cause.getMessage()
                      : reason),
          cause);
    }
    if (reason.contains("No space left") || reason.contains("not enough space")) {
      return new DataDirectoryException(
          DISK_FULL,
          "No space is left for %s. Free some, or use another directory.".formatted(path),
          cause);
    }
    return new DataDirectoryException(
        IO_ERROR,
        "%s cannot be used: %s. Repair that, or use another directory."
            .formatted(path, describe(cause)),
        cause);
  }

  private static String describe(IOException cause) {
    if (cause instanceof NoSuchFileException e) {
      return e.getFile() + " is missing";
    }
    if (cause instanceof FileSystemException e) {
      return e.getFile() + ": " + (e.getReason() != null ? e.getReason() : e);
    }
    return cause.getMessage() != null ? cause.getMessage() : cause.toString();
  }

  /** What PostgreSQL would say, see its errcodes. */
  public String sqlState() {
    return sqlState;
  }
}

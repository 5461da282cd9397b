package dev.zerolite.pglite.fs;

import static java.util.Objects.requireNonNull;

/**
 * A file system call failed in a way that the calling program is told by {@code errno}.
 *
 * <p>PostgreSQL probes for files all the time, so this carries no stack trace.
 */
public final class ErrnoException extends RuntimeException {
  private final Errno errno;

  /**
   * @param errno what the program finds in {@code errno}
   */
  public ErrnoException(Errno errno) {
    super(errno.name(), null, false, false);
    this.errno = errno;
  }

  /**
   * @param errno what the program finds in {@code errno}
   * @param cause what went wrong in the store behind the tree
   */
  public ErrnoException(Errno errno, Throwable cause) {
    super(errno.name(), requireNonNull(cause), false, true);
    this.errno = errno;
  }

  /** What the program finds in {@code errno}. */
  public Errno errno() {
    return errno;
  }
}

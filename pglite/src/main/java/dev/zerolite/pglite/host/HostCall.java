package dev.zerolite.pglite.host;

/**
 * What PostgreSQL's patched functions ask the host: the marker that they pass, as a second or third
 * argument, to the import {@code env.__syscall_poll} (see {@link ProcessHooks#hostCall}). The build
 * inserts the calls. No marker is a valid pointer, count or time-out of poll(2).
 */
public final class HostCall {
  /** getpid(), asked with (0, marker, 0). */
  public static final int MY_PROC_PID = -72;

  /** pg_usleep(), told with (microseconds, marker, 0); true if the host has slept. */
  public static final int USLEEP = -73;

  /** ProcessInterrupts() begins, told with (0, marker, 0). */
  public static final int PROCESS_INTERRUPTS = -74;

  /** shmget(), asked with (0, marker, size); the answer is the segment's address. */
  public static final int SHMGET = -75;

  /** InitProcess() begins, told with (0, marker, 0). */
  public static final int INIT_PROCESS = -76;

  /** kill(), told with (pid, signal, marker); true if the host has dealt with it, and set errno. */
  public static final int KILL = -79;

  /** RequestCheckpoint(), asked with (flags, marker, 0); true if the host has seen to it. */
  public static final int REQUEST_CHECKPOINT = -80;

  /** __get_locale(), asked with (name, marker, 0); true if there is no locale of that name. */
  public static final int UNKNOWN_LOCALE = -81;

  /**
   * pg_ucol_open(), asked with (locale, marker, 0); how far from its address the locale to open is.
   */
  public static final int COLLATION_KEYWORDS = -82;

  private HostCall() {}
}

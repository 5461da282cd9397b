package dev.zerolite.pglite;

/** The signals PostgreSQL's backends send each other, with emscripten's (Linux') numbers. */
final class Signal {
  static final int SIGHUP = 1;
  static final int SIGINT = 2;
  static final int SIGQUIT = 3;
  static final int SIGUSR1 = 10;
  static final int SIGUSR2 = 12;
  static final int SIGALRM = 14;
  static final int SIGTERM = 15;

  /**
   * Sent by SetLatch() to wake another process; its handler does nothing but that, so it is never
   * delivered.
   */
  static final int SIGURG = 23;

  private Signal() {}
}

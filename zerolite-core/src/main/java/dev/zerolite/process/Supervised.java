package dev.zerolite.process;

import java.io.IOException;
import java.time.Duration;

/** What a {@link Supervisor} must know of the program that it keeps running. */
public interface Supervised {
  /** Short, for the log and for thread names. */
  String name();

  /**
   * Called before each start, on the supervisor's thread; may tidy up what the last run left, and
   * wait for what it needs: closing the supervisor interrupts it.
   */
  Command command() throws IOException, InterruptedException;

  /** Whether the program does its work now. Answers within {@link #probeTimeout()}. */
  boolean isHealthy() throws InterruptedException;

  /** How long {@link #isHealthy()} may take at most. */
  Duration probeTimeout();

  /** What to do after the program ended by itself. Called on the supervisor's thread. */
  Verdict ended(Ending ending);

  /** Takes a line of output. Called on the program's output thread. */
  void line(String line);

  /**
   * How a run ended.
   *
   * @param exitCode 128 + n after signal n
   * @param wasHealthy whether it ever was in this run
   * @param failuresInARow this one included; a run that stayed healthy for a while starts anew
   */
  record Ending(int exitCode, boolean wasHealthy, int failuresInARow) {}

  /** Restart, or give up. */
  sealed interface Verdict {
    /**
     * Try again.
     *
     * @param pause how long to wait first
     * @param step what is done, for the log
     */
    record Restart(Duration pause, String step) implements Verdict {}

    /**
     * Never again.
     *
     * @param reason what the user reads, with what to do about it
     */
    record GiveUp(String reason) implements Verdict {}
  }
}

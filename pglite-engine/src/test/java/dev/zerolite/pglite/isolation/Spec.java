package dev.zerolite.pglite.isolation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An isolation test specification, as src/test/isolation/README of PostgreSQL's sources defines it.
 *
 * @param permutations in the order to run them; never empty
 */
record Spec(
    List<String> setups,
    Optional<String> teardown,
    List<Session> sessions,
    List<List<ScheduledStep>> permutations) {

  /** One connection's part. */
  record Session(
      String name, Optional<String> setup, List<Step> steps, Optional<String> teardown) {}

  /**
   * A named piece of SQL.
   *
   * @param session the index of the session that runs it
   */
  record Step(String name, String sql, int session) {}

  /** A step at its place in a permutation. */
  record ScheduledStep(Step step, List<Blocker> blockers) {
    boolean waitsAtFirst() {
      return blockers.contains(new Blocker.Once());
    }
  }

  /** What must have happened before a step may be reported as completed. */
  sealed interface Blocker {
    /** {@code *}: the step is reported as waiting once, whether it waits or not. */
    record Once() implements Blocker {}

    /** The other step, if it runs, must have completed. */
    record OtherStep(Step step) implements Blocker {}

    /** The other step's session must have got so many more notices. */
    record Notices(Step step, int count) implements Blocker {}
  }

  /** All orders of the sessions' steps that keep each session's own order. */
  static List<List<ScheduledStep>> interleavings(List<Session> sessions) {
    List<List<ScheduledStep>> found = new ArrayList<>();
    interleave(sessions, new int[sessions.size()], new ArrayList<>(), found);
    return found;
  }

  private static void interleave(
      List<Session> sessions,
      int[] taken,
      List<ScheduledStep> prefix,
      List<List<ScheduledStep>> found) {
    boolean complete = true;
    for (int i = 0; i < taken.length; i++) {
      List<Step> steps = sessions.get(i).steps();
      if (taken[i] < steps.size()) {
        complete = false;
        prefix.add(new ScheduledStep(steps.get(taken[i]++), List.of()));
        interleave(sessions, taken, prefix, found);
        prefix.remove(prefix.size() - 1);
        taken[i]--;
      }
    }
    if (complete) {
      found.add(List.copyOf(prefix));
    }
  }
}

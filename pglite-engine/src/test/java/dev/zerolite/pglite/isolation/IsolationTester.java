package dev.zerolite.pglite.isolation;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.isolation.Spec.Blocker;
import dev.zerolite.pglite.isolation.Spec.ScheduledStep;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Runs a spec as PostgreSQL's isolationtester.c does: one connection per session and one to set up,
 * to tear down and to ask whether a step waits for a lock. Where a decision of that program is not
 * obvious its function is named.
 *
 * <p>Unlike there, errors are written with their SQLSTATE.
 */
final class IsolationTester implements AutoCloseable {
  /** How often isolationtester asks whether a step that does not answer waits for a lock. */
  private static final Duration LOCK_CHECK_INTERVAL = Duration.ofMillis(10);

  private static final Duration HOUSEKEEPING_TIMEOUT = Duration.ofSeconds(120);

  private final Spec spec;
  private final Duration maxStepWait;
  private final Duration settleTime;
  private final Transcript transcript = new Transcript();
  private final List<StepSession> sessions = new ArrayList<>();
  private final WireClient control;
  private final String sessionPids;
  private boolean noticeArrived;

  /**
   * @param settleTime how long a notice may be under way when its session is seen to wait; the
   *     longer, the surer is its place in the transcript on a busy machine
   */
  IsolationTester(
      Spec spec, BackendStarter server, String database, Duration maxStepWait, Duration settleTime)
      throws Exception {
    this.spec = spec;
    this.maxStepWait = maxStepWait;
    this.settleTime = settleTime;
    control = WireClient.open(server, database, "isolation/control connection");
    for (Spec.Session session : spec.sessions()) {
      sessions.add(
          new StepSession(
              session.name(),
              WireClient.open(server, database, "isolation/" + session.name()),
              transcript,
              this::sessionOf));
    }
    sessionPids =
        sessions.stream()
            .map(session -> String.valueOf(session.client().pid()))
            .collect(Collectors.joining(",", "{", "}"));
  }

  /** Runs all permutations; the transcript tells also why it ended early, if it did. */
  Transcript run() throws InterruptedException {
    try {
      for (List<ScheduledStep> permutation : spec.permutations()) {
        runPermutation(permutation);
      }
    } catch (SpecAbandoned e) {
      transcript.abandon(e.getMessage());
    } catch (IllegalStateException e) {
      transcript.abandon(e.toString());
    }
    return transcript;
  }

  /** run_permutation(). */
  private void runPermutation(List<ScheduledStep> permutation) throws InterruptedException {
    transcript.line(
        "starting permutation: "
            + permutation.stream().map(s -> s.step().name()).collect(Collectors.joining(" ")));
    for (String setup : spec.setups()) {
      housekeeping(control, setup, "setup", true);
    }
    for (int i = 0; i < sessions.size(); i++) {
      Spec.Session session = spec.sessions().get(i);
      if (session.setup().isPresent()) {
        sessions.get(i).drain();
        housekeeping(
            sessions.get(i).client(), session.setup().get(), "setup of " + session.name(), true);
      }
    }
    runSteps(permutation);
    for (int i = 0; i < sessions.size(); i++) {
      Spec.Session session = spec.sessions().get(i);
      if (session.teardown().isPresent()) {
        sessions.get(i).drain();
        housekeeping(
            sessions.get(i).client(),
            session.teardown().get(),
            "teardown of " + session.name(),
            false);
      }
    }
    if (spec.teardown().isPresent()) {
      housekeeping(control, spec.teardown().get(), "teardown", false);
    }
  }

  private void runSteps(List<ScheduledStep> permutation) throws InterruptedException {
    List<ScheduledStep> waiting = new ArrayList<>();
    for (ScheduledStep next : permutation) {
      StepSession session = sessions.get(next.step().session());
      awaitIdle(session, waiting);
      session.launch(next, this::noticesOf);
      boolean mustWait = !tryComplete(next, true, false);
      completeWaiting(waiting, true);
      if (mustWait) {
        waiting.add(next);
      }
    }
    completeWaiting(waiting, false);
    if (!waiting.isEmpty()) {
      throw new SpecAbandoned("mutually blocking steps: " + waiting);
    }
  }

  private void awaitIdle(StepSession session, List<ScheduledStep> waiting)
      throws InterruptedException {
    long deadline = System.nanoTime() + 2 * maxStepWait.toNanos();
    while (session.activeStep() != null) {
      ScheduledStep old = session.activeStep();
      if (tryComplete(old, false, true)) {
        waiting.remove(old);
      }
      completeWaiting(waiting, true);
      if (session.activeStep() != null && System.nanoTime() > deadline) {
        throw new SpecAbandoned("step " + old.step().name() + " does not end");
      }
    }
  }

  /** try_complete_steps(): removes the completed ones. */
  private void completeWaiting(List<ScheduledStep> waiting, boolean mayBlock)
      throws InterruptedException {
    boolean again;
    do {
      noticeArrived = false;
      int before = waiting.size();
      boolean blockers = false;
      for (ScheduledStep step : List.copyOf(waiting)) {
        if (tryComplete(step, mayBlock, true)) {
          waiting.remove(step);
        } else {
          blockers |= !step.blockers().isEmpty();
        }
      }
      again = blockers && (waiting.size() < before || noticeArrived);
    } while (again);
  }

  /**
   * try_complete_step().
   *
   * @param mayBlock return as soon as the step is seen to wait for a lock (STEP_NONBLOCK)
   * @param retry the step was already reported as waiting (STEP_RETRY)
   * @return whether it has completed
   */
  private boolean tryComplete(ScheduledStep step, boolean mayBlock, boolean retry)
      throws InterruptedException {
    StepSession session = sessions.get(step.step().session());
    if (!retry && step.waitsAtFirst()) {
      transcript.waiting(step.step());
      return false;
    }
    long start = System.nanoTime();
    boolean canceled = false;
    while (session.busy(LOCK_CHECK_INTERVAL)) {
      noticeArrived |= session.takeNoticeArrived();
      if (mayBlock && isBlocked(session)) {
        // a notice may have come, or the end, while the question was asked
        if (!session.busy(settleTime)) {
          break;
        }
        if (!retry) {
          transcript.waiting(step.step());
        }
        return false;
      }
      long waited = System.nanoTime() - start;
      if (waited > maxStepWait.toNanos() && !canceled) {
        transcript.line("canceling step " + step.step().name() + ": it takes too long");
        session.client().cancel();
        canceled = true;
      }
      if (waited > 2 * maxStepWait.toNanos()) {
        throw new SpecAbandoned("step " + step.step().name() + " cannot be canceled");
      }
    }
    noticeArrived |= session.takeNoticeArrived();
    if (hasBlocker(step, session)) {
      if (!retry) {
        transcript.waiting(step.step());
      }
      return false;
    }
    session.complete(retry);
    return true;
  }

  /** step_has_blocker(). */
  private boolean hasBlocker(ScheduledStep step, StepSession session) {
    for (int i = 0; i < step.blockers().size(); i++) {
      Blocker blocker = step.blockers().get(i);
      if (blocker instanceof Blocker.OtherStep other) {
        ScheduledStep active = sessions.get(other.step().session()).activeStep();
        if (active != null && active.step().equals(other.step())) {
          return true;
        }
      } else if (blocker instanceof Blocker.Notices notices
          && noticesOf(notices) < session.targetNotices(i)) {
        return true;
      }
    }
    return false;
  }

  private int noticesOf(Blocker.Notices blocker) {
    return sessions.get(blocker.step().session()).notices();
  }

  private boolean isBlocked(StepSession session) throws InterruptedException {
    return control
        .value(
            "SELECT pg_catalog.pg_isolation_test_session_is_blocked(%d, '%s')"
                .formatted(session.client().pid(), sessionPids))
        .equals("t");
  }

  private void housekeeping(WireClient client, String sql, String what, boolean necessary)
      throws InterruptedException {
    List<Message> answer = client.run(sql, HOUSEKEEPING_TIMEOUT);
    for (Message message : answer) {
      if (message instanceof Message.Failure failure) {
        transcript.line(what + " failed: " + Transcript.describe(failure.report()));
        if (necessary) {
          throw new SpecAbandoned(what + " failed");
        }
        transcript.setDirty();
      }
    }
    transcript.results(answer);
  }

  private String sessionOf(int pid) {
    return sessions.stream()
        .filter(session -> session.client().pid() == pid)
        .map(StepSession::name)
        .findFirst()
        .orElse("a session that is not the spec's");
  }

  /** Ends all sessions and waits until their locks are gone. */
  @Override
  public void close() {
    List<WireClient> clients = new ArrayList<>();
    sessions.forEach(session -> clients.add(session.client()));
    clients.add(control);
    for (StepSession session : sessions) {
      if (session.activeStep() != null) {
        session.client().cancel();
      }
    }
    clients.forEach(WireClient::close);
    for (WireClient client : clients) {
      awaitEnd(client);
    }
  }

  private static void awaitEnd(WireClient client) {
    try {
      client.awaitEnd(Duration.ofSeconds(20));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A spec that cannot go on. */
  private static final class SpecAbandoned extends RuntimeException {
    SpecAbandoned(String reason) {
      super(reason);
    }
  }
}

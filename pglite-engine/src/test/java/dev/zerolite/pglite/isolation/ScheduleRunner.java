package dev.zerolite.pglite.isolation;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs schedules on one server. After each statement it waits until every session has answered or
 * waits for a lock, so that what happens depends on the schedule alone.
 */
final class ScheduleRunner implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** A session and the statement it has not answered yet. */
  private static final class Runner {
    final String name;
    final WireClient client;
    final List<Message> answer = new ArrayList<>();
    boolean busy;
    boolean reportedWaiting;

    /** As ReadyForQuery tells it: 'I' idle, 'T' in a transaction, 'E' in a failed one. */
    char transactionStatus = 'I';

    Runner(String name, WireClient client) {
      this.name = name;
      this.client = client;
    }
  }

  /**
   * What a schedule led to.
   *
   * @param fork the number of lines before the first statement that freed one of several waiting
   *     sessions: in which order the freed ones then go on is for no server to promise
   */
  record Outcome(List<String> lines, int fork) {
    boolean agreesWith(Outcome other) {
      if (lines.equals(other.lines)) {
        return true;
      }
      int decided = Math.min(fork, other.fork);
      return decided < Math.min(lines.size(), other.lines.size())
          && lines.subList(0, decided).equals(other.lines.subList(0, decided));
    }
  }

  private final WireClient control;
  private final List<Runner> runners = new ArrayList<>();
  private final String pids;
  private Transcript transcript = new Transcript();
  private int fork;

  ScheduleRunner(BackendStarter server) throws Exception {
    control = WireClient.open(server, "postgres", "schedules, the observer");
    List<String> sessionPids = new ArrayList<>();
    for (int i = 0; i < Schedule.MAX_SESSIONS; i++) {
      WireClient client = WireClient.open(server, "postgres", "schedules, session " + i);
      runners.add(new Runner("s" + i, client));
      sessionPids.add(String.valueOf(client.pid()));
    }
    pids = "{" + String.join(",", sessionPids) + "}";
  }

  /**
   * @param settleTime how long a session must wait for a lock until it is taken for waiting: longer
   *     than deadlock_timeout
   */
  Outcome run(Schedule schedule, Duration settleTime) throws InterruptedException {
    transcript = new Transcript();
    fork = Integer.MAX_VALUE;
    for (String sql : Schedule.SETUP) {
      control.rows(sql);
    }
    for (Schedule.Pick pick : schedule.picks()) {
      Runner runner = runners.get(pick.session());
      if (runner.busy) {
        transcript.line(pick + " -- left out, the session waits");
        continue;
      }
      transcript.line(pick.toString());
      if (runner.transactionStatus == 'I' && !pick.begin().isEmpty()) {
        launch(runner, pick.begin());
        settle(settleTime);
      }
      launch(runner, runner.transactionStatus == 'E' ? "ROLLBACK" : pick.sql());
      settle(settleTime);
    }
    endAll(settleTime);
    for (String sql : Schedule.FINAL_STATE) {
      transcript.results(control.run(sql, TIMEOUT));
    }
    return new Outcome(transcript.lines(), fork);
  }

  private void launch(Runner runner, String sql) throws InterruptedException {
    runner.answer.clear();
    runner.busy = true;
    runner.reportedWaiting = false;
    runner.client.send(sql);
  }

  private void settle(Duration settleTime) throws InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    long quietSince = System.nanoTime();
    List<Runner> completed = new ArrayList<>();
    while (true) {
      boolean allWait = true;
      boolean newWaiter = false;
      int before = completed.size();
      for (Runner runner : runners) {
        if (runner.busy && read(runner)) {
          completed.add(runner);
          quietSince = System.nanoTime();
        }
        if (runner.busy) {
          allWait &= isBlocked(runner);
          newWaiter |= !runner.reportedWaiting;
        }
      }
      // who waited before has had his deadlock check
      boolean quiet = !newWaiter || System.nanoTime() - quietSince > settleTime.toNanos();
      // an answer may have freed a session that was still seen to wait
      if (allWait && quiet && completed.size() == before) {
        break;
      }
      if (!allWait) {
        quietSince = System.nanoTime();
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("does not settle:\n" + String.join("\n", transcript.lines()));
      }
    }
    report(completed);
  }

  private void report(List<Runner> completed) {
    long waited = runners.stream().filter(runner -> runner.reportedWaiting).count();
    if (waited > 1 && completed.stream().anyMatch(runner -> runner.reportedWaiting)) {
      fork = Math.min(fork, transcript.lines().size());
    }
    for (Runner runner : runners) {
      if (completed.contains(runner)) {
        transcript.line(runner.name + " has its answer");
        transcript.results(runner.answer);
        runner.reportedWaiting = false;
      } else if (runner.busy && !runner.reportedWaiting) {
        transcript.line(runner.name + " waits");
        runner.reportedWaiting = true;
      }
    }
  }

  /** Reads what there is; true if the answer is complete. */
  private static boolean read(Runner runner) throws InterruptedException {
    for (Message message = runner.client.poll(Duration.ofMillis(2));
        message != null;
        message = runner.client.poll(Duration.ofMillis(2))) {
      if (message instanceof Message.Ended) {
        throw new AssertionError(runner.name + " has ended");
      }
      if (message instanceof Message.Ready ready) {
        runner.busy = false;
        runner.transactionStatus = ready.transactionStatus();
        return true;
      }
      runner.answer.add(message);
    }
    return false;
  }

  private boolean isBlocked(Runner runner) throws InterruptedException {
    return control
        .value(
            "SELECT pg_catalog.pg_isolation_test_session_is_blocked(%d, '%s')"
                .formatted(runner.client.pid(), pids))
        .equals("t");
  }

  /** Rolls back all that does not wait, until nothing waits. */
  private void endAll(Duration settleTime) throws InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    boolean anyBusy;
    do {
      anyBusy = false;
      for (Runner runner : runners) {
        if (runner.busy) {
          anyBusy = true;
        } else {
          launch(runner, "ROLLBACK");
          settle(settleTime);
        }
      }
      // all may wait for each other if a deadlock is found later than expected
      settle(settleTime);
      if (System.nanoTime() > deadline) {
        throw new AssertionError("does not end:\n" + String.join("\n", transcript.lines()));
      }
    } while (anyBusy);
  }

  @Override
  public void close() {
    runners.forEach(runner -> runner.client.close());
    control.close();
  }
}

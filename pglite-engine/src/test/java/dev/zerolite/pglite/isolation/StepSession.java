package dev.zerolite.pglite.isolation;

import dev.zerolite.pglite.isolation.Spec.Blocker;
import dev.zerolite.pglite.isolation.Spec.ScheduledStep;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * A session of a spec while it runs. Notices are written to the transcript when they are read;
 * results and notifications when the step is reported as completed.
 */
final class StepSession {
  private final String name;
  private final WireClient client;
  private final Transcript transcript;
  private final IntFunction<String> sessionNames;
  private final List<Message> results = new ArrayList<>();
  private final List<Message.Notification> notifications = new ArrayList<>();
  private final List<Integer> targetNotices = new ArrayList<>();
  private ScheduledStep activeStep;
  private boolean answered;
  private int notices;
  private boolean noticeArrived;

  StepSession(
      String name, WireClient client, Transcript transcript, IntFunction<String> sessionNames) {
    this.name = name;
    this.client = client;
    this.transcript = transcript;
    this.sessionNames = sessionNames;
  }

  /** Sends the step's SQL and fixes how many notices its blockers wait for. */
  void launch(ScheduledStep step, ToIntFunction<Blocker.Notices> noticesOf)
      throws InterruptedException {
    drain();
    activeStep = step;
    answered = false;
    results.clear();
    targetNotices.clear();
    for (Blocker blocker : step.blockers()) {
      targetNotices.add(
          blocker instanceof Blocker.Notices awaited
              ? awaited.count() + noticesOf.applyAsInt(awaited)
              : 0);
    }
    client.send(step.step().sql());
  }

  /** Reads what has come while the session was idle. */
  void drain() throws InterruptedException {
    for (Message message = client.poll(Duration.ZERO);
        message != null && !(message instanceof Message.Ended);
        message = client.poll(Duration.ZERO)) {
      take(message);
    }
  }

  /** Reads until the step has ended or nothing comes for that time; true if it has not ended. */
  boolean busy(Duration patience) throws InterruptedException {
    while (!answered) {
      Message message = client.poll(patience);
      if (message == null) {
        return true;
      }
      take(message);
    }
    return false;
  }

  private void take(Message message) {
    if (message instanceof Message.Notice notice) {
      transcript.notice(name, notice.report());
      notices++;
      noticeArrived = true;
    } else if (message instanceof Message.Notification notification) {
      notifications.add(notification);
    } else if (message instanceof Message.Ready) {
      answered = true;
    } else if (message instanceof Message.Ended) {
      results.add(message);
      answered = true;
    } else {
      results.add(message);
    }
  }

  void complete(boolean wasWaiting) throws InterruptedException {
    transcript.completed(activeStep.step(), wasWaiting);
    transcript.results(results);
    if (!client.awaitEnd(Duration.ZERO)) {
      drain();
    }
    for (Message.Notification notification : notifications) {
      transcript.line(
          "%s: NOTIFY \"%s\" with payload \"%s\" from %s"
              .formatted(
                  name,
                  notification.channel(),
                  notification.payload(),
                  sessionNames.apply(notification.pid())));
    }
    notifications.clear();
    activeStep = null;
  }

  boolean takeNoticeArrived() {
    boolean arrived = noticeArrived;
    noticeArrived = false;
    return arrived;
  }

  /** How many notices the blocker at that place waits for. */
  int targetNotices(int blocker) {
    return targetNotices.get(blocker);
  }

  String name() {
    return name;
  }

  WireClient client() {
    return client;
  }

  /** The step that was launched and not yet reported as completed, or null. */
  ScheduledStep activeStep() {
    return activeStep;
  }

  int notices() {
    return notices;
  }
}

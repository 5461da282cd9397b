package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With a clock of its own, so that nothing depends on how long anything takes. */
@Timeout(60)
class InterpreterLockTest {
  private static final long MILLIS = 1_000_000;

  private final Clock ticks = new Clock("test");
  private final AtomicLong now = new AtomicLong();
  private final InterpreterLock lock = new InterpreterLock(ticks, now::get);
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());
  private final List<Process> started = new ArrayList<>();

  /** One that takes the lock, says so and gives it back, all on a thread of its own. */
  private final class Process implements Contender {
    private final String name;
    private final boolean patient;
    private final Patience patience = new Patience(0);
    private final AtomicInteger madeWay = new AtomicInteger();
    private final AtomicBoolean aborted = new AtomicBoolean();
    private Thread thread;

    Process(String name, boolean patient) {
      this.name = name;
      this.patient = patient;
    }

    @Override
    public boolean isBackground() {
      return name.startsWith("background");
    }

    @Override
    public void sliceEnded() {
      // time does not pass by itself here
    }

    @Override
    public void makeWay() {
      madeWay.incrementAndGet();
    }

    @Override
    public boolean isPatient() {
      return patient;
    }

    void take() {
      lock.acquire(this, patience, true);
    }

    void give() {
      lock.release(this);
    }

    /** Returns when it waits for the lock. */
    Process waitInLine() {
      thread =
          new Thread(
              () -> {
                try {
                  take();
                } catch (BackendAborted e) {
                  aborted.set(true);
                  return;
                }
                order.add(name);
                give();
              },
              name);
      thread.start();
      started.add(this);
      while (thread.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      return this;
    }
  }

  private void awaitAll() throws InterruptedException {
    for (Process process : started) {
      process.thread.join();
    }
  }

  @AfterEach
  void close() {
    ticks.close();
  }

  @Test
  void goesInTheOrderInWhichTheyAsked() throws Exception {
    Process first = new Process("first", false);
    first.take();
    new Process("a", false).waitInLine();
    new Process("walsender that was idle", true).waitInLine();
    new Process("b", false).waitInLine();
    assertThat(lock.contended()).isTrue();
    first.give();
    awaitAll();
    assertThat(order).containsExactly("a", "walsender that was idle", "b");
  }

  @Test
  void aWalsenderGivesBackWhatItTookManyTimes() throws Exception {
    Process walsender = new Process("walsender", true);
    walsender.take();
    now.set(5 * MILLIS);
    final Process writer = new Process("writer", false).waitInLine();
    now.set(7 * MILLIS); // so 2 of its 7 ms were others'
    walsender.give();
    writer.thread.join();
    assertThat(walsender.patience.due()).isEqualTo((7 + 2 * Patience.OTHERS_SHARE) * MILLIS);

    Process bulk = new Process("bulk", false);
    bulk.take();
    walsender.waitInLine();
    assertThat(lock.contended()).as("nobody's turn but the writer's").isFalse();
    now.set(walsender.patience.due());
    assertThat(lock.contended()).isTrue();
    new Process("later", false).waitInLine();
    bulk.give();
    awaitAll();
    assertThat(order).containsExactly("writer", "walsender", "later");
  }

  @Test
  void whatNobodyElseWantsCostsNothing() {
    Process walsender = new Process("walsender", true);
    walsender.take();
    now.set(500 * MILLIS);
    walsender.give();
    assertThat(walsender.patience.isDue(now.get())).isTrue();
  }

  @Test
  void aWalsenderThatIsNotDueRunsInBetweenAndMakesWay() throws Exception {
    Process walsender = new Process("walsender", true);
    walsender.patience.ranBeforeOthers(MILLIS, 0);
    walsender.take(); // nobody else wants to run
    new Process("writer", false).waitInLine();
    assertThat(walsender.madeWay).hasValue(1);
    walsender.give();
    awaitAll();
  }

  @Test
  void aWalsenderThatIsNotDueDoesNotUseTheMomentBetweenTwoStatements() throws Exception {
    Process writer = new Process("writer", false);
    Process walsender = new Process("walsender", true);
    walsender.patience.ranBeforeOthers(MILLIS, 0);
    writer.take();
    writer.give();
    walsender.waitInLine(); // though nobody holds it
    now.set(Patience.QUIET_NANOS - 1);
    writer.take();
    assertThat(order).isEmpty();
    now.set(MILLIS);
    writer.give();
    now.set(MILLIS + Patience.QUIET_NANOS);
    awaitAll();
    assertThat(order).containsExactly("walsender");
    assertThat(walsender.patience.isDue(now.get())).isFalse();
  }

  /** It would wait as long as autovacuum goes on, and nobody would gain by it. */
  @Test
  void aWalsenderOwesNothingToTheBackground() throws Exception {
    Process background = new Process("background", false);
    Process walsender = new Process("walsender", true);
    walsender.patience.ranBeforeOthers(MILLIS, 0);
    final long due = walsender.patience.due();
    background.take();
    assertThat(lock.contended()).isFalse();
    now.set(MILLIS);
    walsender.waitInLine();
    assertThat(background.madeWay).hasValue(1);
    assertThat(lock.contended()).isTrue();
    background.give();
    walsender.thread.join();

    walsender.take();
    new Process("background, too", false).waitInLine();
    assertThat(walsender.madeWay).hasValue(0);
    now.set(2 * MILLIS);
    walsender.give();
    awaitAll();
    assertThat(order).containsExactly("walsender", "background, too");
    assertThat(walsender.patience.due()).isEqualTo(due);
  }

  /** The background may have come while the walsender waited for the end of such a moment. */
  @Test
  void theBackgroundEndsItsSliceForAWalsenderThatWaitedBefore() throws Exception {
    Process writer = new Process("writer", false);
    writer.take();
    writer.give();
    Process walsender = new Process("walsender", true);
    walsender.patience.ranBeforeOthers(MILLIS, 0);
    walsender.waitInLine();
    Process background = new Process("background", false);
    background.take();
    assertThat(lock.contended()).isTrue();
    now.set(MILLIS);
    background.give();
    awaitAll();
    assertThat(order).containsExactly("walsender");
    assertThat(walsender.patience.isDue(now.get())).isFalse();
  }

  @Test
  void aWalsenderThatIsDueHasItsSlice() throws Exception {
    Process walsender = new Process("walsender", true);
    walsender.take();
    new Process("writer", false).waitInLine();
    assertThat(walsender.madeWay).hasValue(0);
    walsender.give();
    awaitAll();
  }

  @Test
  void whoHasRunForLongMakesWayForOneThatComesAfterARest() throws Exception {
    Process busy = new Process("busy", false);
    busy.take();
    now.set(InterpreterLock.SHORT_TURN_NANOS - 1);
    new Process("early", false).waitInLine();
    assertThat(busy.madeWay).hasValue(0);
    now.set(InterpreterLock.SHORT_TURN_NANOS);
    new Process("short statement", false).waitInLine();
    assertThat(busy.madeWay).hasValue(1);
    new Process("walsender", true).waitInLine();
    assertThat(busy.madeWay).hasValue(1);
    busy.give();
    awaitAll();
    assertThat(order).containsExactly("early", "short statement", "walsender");
  }

  @Test
  void aLentLockGoesBackAndForthBetweenTwo() throws Exception {
    Process lender = new Process("lender", false);
    Process borrower = new Process("borrower", false);
    lender.take();
    new Process("other", false).waitInLine();
    borrower.waitInLine();
    lock.lend(lender, borrower);
    lender.give();
    borrower.thread.join();
    new Process("later", false).waitInLine(); // though nobody holds it
    lender.take();
    assertThat(order).containsExactly("borrower");
    lock.endLoan();
    lender.give();
    awaitAll();
    assertThat(order).containsExactly("borrower", "other", "later");
  }

  @Test
  void onlyTheOwnerGivesItUp() {
    Process owner = new Process("owner", false);
    owner.take();
    assertThatThrownBy(() -> new Process("other", false).give())
        .isInstanceOf(IllegalStateException.class);
    owner.give();
  }

  @Test
  void visitorsWaitToo() throws Exception {
    Process owner = new Process("owner", false);
    owner.take();
    new Process("a", false).waitInLine();
    Thread visitor = new Thread(() -> lock.run(() -> order.add("visitor")));
    visitor.start();
    while (visitor.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    owner.give();
    awaitAll();
    visitor.join();
    assertThat(order).containsExactly("a", "visitor");
  }

  @Test
  void whoWaitsIsToldOfTheEnd() throws Exception {
    Process owner = new Process("owner", false);
    owner.take();
    Process inLine = new Process("in line", false).waitInLine();
    Process beside = new Process("beside", true);
    beside.patience.ranBeforeOthers(MILLIS, 0);
    beside.waitInLine();
    lock.abort();
    awaitAll();
    assertThat(inLine.aborted).isTrue();
    assertThat(beside.aborted).isTrue();
    assertThatThrownBy(() -> new Process("late", false).take()).isInstanceOf(BackendAborted.class);
  }

  /** It dies with the lock, and whoever is next would find what it held. */
  @Test
  void nobodyRunsAfterAnAbortAlthoughItIsHisTurn() throws Exception {
    Process dying = new Process("dying", false);
    dying.take();
    Process next = new Process("next", false).waitInLine();
    lock.abort();
    dying.give();
    next.thread.join();
    assertThat(next.aborted).isTrue();
    assertThat(order).isEmpty();
  }
}

package dev.zerolite.pglite;

import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Decides which backend of a cluster runs: one at a time, in the order they asked, but for
 * walsenders that stream, which take a small share from others ({@link Patience}).
 *
 * <p>Who gives the lock up hands it directly to the next one, so that a busy backend cannot take it
 * again past those who wait. Hand-overs happen at safe points only: when a backend waits for its
 * client or a latch, sleeps, or reaches CHECK_FOR_INTERRUPTS after its time slice (see {@link
 * Child}).
 */
final class InterpreterLock {
  /**
   * A waiter looks this often whether the cluster was shut down; hand-over itself does not depend
   * on it.
   */
  private static final long SHUTDOWN_CHECK_NANOS = 1_000_000_000L;

  /**
   * Who has run for longer makes way for one that had nothing to do until now, before its time
   * slice is over: so a short statement beside a long one waits for this instead of two to four
   * milliseconds. The long one loses no more of its share, since it goes on right behind.
   */
  static final long SHORT_TURN_NANOS = 300_000L;

  /** Of {@link #patientDue}: nobody is beside the line. */
  private static final long NOBODY = Long.MAX_VALUE;

  /** Who runs: a contender, or a visitor's own object. */
  private record Turn(Contender contender, Patience patience, Object holder) {}

  private final Clock clock;
  private final LongSupplier nanoTime;
  private final Turns<Ticket> turns = new Turns<>(ticket -> ticket.turn.contender().isBackground());

  /** Between these two alone the lock goes back and forth. */
  private record Loan(Contender lender, Contender borrower) {
    boolean allows(Turn turn) {
      return turn.contender() == lender || turn.contender() == borrower;
    }
  }

  private Turn running;
  private long runningSince;

  /** Null but for rare moments. */
  private Loan loan;

  /** Since when the one that runs keeps those in the line waiting who serve a client. */
  private long keepsWaitingSince;

  /** When the last one that is neither patient nor in the background gave the lock up. */
  private long othersRanAt;

  /** Whether somebody who serves a client is in the line. */
  private boolean clientsWait;

  private volatile boolean line;
  private volatile long patientDue = NOBODY;
  private volatile boolean aborted;

  InterpreterLock(Clock clock) {
    this(clock, System::nanoTime);
  }

  InterpreterLock(Clock clock, LongSupplier nanoTime) {
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.othersRanAt = nanoTime.getAsLong() - Patience.QUIET_NANOS;
  }

  private static final class Ticket {
    private final Turn turn;
    private final Thread thread = Thread.currentThread();
    private volatile boolean granted;

    Ticket(Turn turn) {
      this.turn = turn;
    }
  }

  /**
   * Waits for the lock.
   *
   * @param patience the contender's own
   * @param rested whether it had nothing to do until now
   * @throws BackendAborted if the cluster gives up; the lock is not held then
   */
  void acquire(Contender contender, Patience patience, boolean rested) {
    if (contender.isPatient()) {
      acquire(new Turn(contender, patience, contender), rested);
    } else {
      acquire(new Turn(contender, null, contender), rested);
    }
  }

  /**
   * Does something while no process runs; it must be short.
   *
   * @throws BackendAborted if the cluster gives up
   */
  void run(Runnable work) {
    Object visitor = new Object();
    acquire(new Turn(Contender.VISITOR, null, visitor), true);
    try {
      work.run();
    } finally {
      release(visitor);
    }
  }

  private void acquire(Turn turn, boolean rested) {
    Ticket ticket;
    synchronized (this) {
      if (aborted) {
        throw new BackendAborted();
      }
      long now = nanoTime.getAsLong();
      if (rested && turn.patience() != null) {
        turn.patience().rested(now);
      }
      if (running == null && mayRun(turn) && needNotWait(turn, now)) {
        begin(turn, now);
        return;
      }
      ticket = new Ticket(turn);
      enqueue(ticket, now);
      if (rested
          && running != null
          && (turn.patience() == null || running.contender().isBackground())
          && now - runningSince >= SHORT_TURN_NANOS) {
        running.contender().makeWay();
      }
    }
    while (!ticket.granted) {
      LockSupport.parkNanos(
          this, turn.patience() == null ? SHUTDOWN_CHECK_NANOS : Patience.LOOK_NANOS);
      if (aborted) {
        break;
      }
      if (turn.patience() != null) {
        look();
      }
    }
    if (aborted) {
      // also one whose turn has just come: the one before may have died in the middle of something
      withdraw(ticket);
      throw new BackendAborted();
    }
  }

  private boolean needNotWait(Turn turn, long now) {
    return turn.patience() == null || turn.patience().isDue(now) || isQuiet(now);
  }

  private boolean isQuiet(long now) {
    return now - othersRanAt >= Patience.QUIET_NANOS;
  }

  /** A patient one wants to know whether nobody runs by now. */
  private synchronized void look() {
    if (running == null) {
      handOver(nanoTime.getAsLong());
    }
  }

  private void enqueue(Ticket ticket, long now) {
    if (ticket.turn.patience() == null) {
      turns.add(ticket);
    } else {
      turns.addPatient(ticket, ticket.turn.patience(), now);
    }
    clock.tick();
    boolean first = !clientsWait && turns.hasClients();
    publish(now);
    if (first) {
      keepsWaitingSince = now;
      if (running != null && running.patience() != null && !running.patience().isDue(now)) {
        running.contender().makeWay();
      }
    }
  }

  private void begin(Turn turn, long now) {
    running = turn;
    runningSince = now;
    publish(now);
    clock.running(turn == null ? null : turn.contender());
  }

  /** Beside one in the background, who is patient is due at once. */
  private void publish(long now) {
    line = turns.hasLine();
    clientsWait = turns.hasClients();
    long due = turns.firstDue(now);
    boolean mayInterrupt = running != null && running.contender().isBackground() && due != NOBODY;
    patientDue = mayInterrupt ? now : due;
  }

  private synchronized void withdraw(Ticket ticket) {
    turns.remove(ticket);
    if (ticket.granted) {
      release(ticket.turn.holder());
    }
  }

  /** Gives the lock to the next one, if any. Only the owner may call it. */
  synchronized void release(Object holder) {
    if (running == null || running.holder() != holder) {
      throw new IllegalStateException("the interpreter lock is not held by " + holder);
    }
    long now = nanoTime.getAsLong();
    if (running.patience() != null && clientsWait) {
      running.patience().ranBeforeOthers(now - keepsWaitingSince, now);
    }
    if (running.patience() == null && !running.contender().isBackground()) {
      othersRanAt = now;
    }
    handOver(now);
  }

  private void handOver(long now) {
    Optional<Ticket> next =
        loan == null ? turns.next(now, isQuiet(now)) : turns.take(ticket -> mayRun(ticket.turn));
    keepsWaitingSince = now;
    begin(next.map(ticket -> ticket.turn).orElse(null), now);
    next.ifPresent(
        ticket -> {
          ticket.granted = true;
          LockSupport.unpark(ticket.thread);
        });
  }

  private boolean mayRun(Turn turn) {
    return loan == null || loan.allows(turn);
  }

  /**
   * From now on only these two run, for a lender that waits for what the borrower does although it
   * holds a lightweight lock, so that nobody else may see shared memory. The borrower must not wait
   * for anybody else. The lender holds the lock now and when it calls {@link #endLoan}.
   */
  synchronized void lend(Contender lender, Contender borrower) {
    loan = new Loan(lender, borrower);
  }

  synchronized void endLoan() {
    loan = null;
  }

  /** Whether somebody waits whose turn it is; a hint, read without the monitor. */
  boolean contended() {
    long due = patientDue;
    return line || due != NOBODY && nanoTime.getAsLong() - due >= 0;
  }

  /** Makes every waiter, and everyone who asks from now on, give up. */
  void abort() {
    aborted = true;
    synchronized (this) {
      for (Ticket ticket : turns.all()) {
        LockSupport.unpark(ticket.thread);
      }
    }
  }
}

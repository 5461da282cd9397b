package dev.zerolite.pglite;

import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;

/**
 * Decides which backend of a cluster runs: one at a time, in the order they asked.
 *
 * <p>Who gives the lock up hands it directly to the longest waiter, so that a busy backend cannot
 * take it again past those who wait. Hand-overs happen at safe points only: when a backend waits
 * for its client or a latch, sleeps, or reaches CHECK_FOR_INTERRUPTS after its time slice (see
 * {@link Child}).
 */
final class InterpreterLock {
  /**
   * A waiter looks this often whether the cluster was shut down; hand-over itself does not depend
   * on it.
   */
  private static final long SHUTDOWN_CHECK_NANOS = 1_000_000_000L;

  private final Clock clock;
  private final ArrayDeque<Ticket> waiting = new ArrayDeque<>();
  private Object owner;
  private volatile boolean contended;
  private volatile boolean aborted;

  InterpreterLock(Clock clock) {
    this.clock = clock;
  }

  private static final class Ticket {
    private final Object owner;
    private final Child backend;
    private final Thread thread = Thread.currentThread();
    private volatile boolean granted;

    Ticket(Object owner, Child backend) {
      this.owner = owner;
      this.backend = backend;
    }
  }

  /**
   * Waits for the lock.
   *
   * @throws BackendAborted if the cluster gives up; the lock is not held then
   */
  void acquire(Child backend) {
    acquire(backend, backend);
  }

  /**
   * Does something while no process runs; it must be short.
   *
   * @throws BackendAborted if the cluster gives up
   */
  void run(Runnable work) {
    Object visitor = new Object();
    acquire(visitor, null);
    try {
      work.run();
    } finally {
      release(visitor);
    }
  }

  /** Waits for the lock for a process, or without one for a visitor, who has no time slice. */
  private void acquire(Object newOwner, Child backend) {
    Ticket ticket;
    synchronized (this) {
      if (aborted) {
        throw new BackendAborted();
      }
      if (owner == null) {
        owner = newOwner;
        clock.running(backend);
        return;
      }
      ticket = new Ticket(newOwner, backend);
      waiting.add(ticket);
      contended = true;
    }
    while (!ticket.granted) {
      LockSupport.parkNanos(this, SHUTDOWN_CHECK_NANOS);
      if (aborted) {
        withdraw(ticket);
        throw new BackendAborted();
      }
    }
  }

  private synchronized void withdraw(Ticket ticket) {
    waiting.remove(ticket);
    if (ticket.granted) {
      release(ticket.owner);
    }
  }

  /** Gives the lock to the longest waiter, if any. Only the owner may call it. */
  synchronized void release(Object holder) {
    if (owner != holder) {
      throw new IllegalStateException("the interpreter lock is not held by " + holder);
    }
    Ticket next = waiting.poll();
    contended = !waiting.isEmpty();
    if (next == null) {
      owner = null;
      clock.running(null);
    } else {
      owner = next.owner;
      clock.running(next.backend);
      next.granted = true;
      LockSupport.unpark(next.thread);
    }
  }

  /** Whether somebody waits; a hint, read without the monitor. */
  boolean contended() {
    return contended;
  }

  /** Makes every waiter, and everyone who asks from now on, give up. */
  void abort() {
    aborted = true;
    synchronized (this) {
      for (Ticket ticket : waiting) {
        LockSupport.unpark(ticket.thread);
      }
    }
  }
}

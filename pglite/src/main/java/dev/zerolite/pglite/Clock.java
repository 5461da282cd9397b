package dev.zerolite.pglite;

import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The one thread of a cluster that knows the time: it fires the backends' interval timers (SIGALRM)
 * and those of their output, and looks every time slice whether the running backend should be
 * interrupted.
 *
 * <p>Slices tick only when somebody needs them, who waits or has something to send, and for a while
 * after. So an idle cluster, whose processes look now and then whether there is something to do,
 * has no wake-ups for that.
 */
final class Clock implements AutoCloseable {
  /**
   * How long a backend may run before it is asked to let others run: long against a hand-over's 10
   * µs, and short, since a statement of others waits for one or two of these.
   */
  static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** Ticks that nobody asked for and found nobody running, after which ticking stops. */
  private static final int IDLE_TICKS = 20;

  private record Timer(Object owner, Runnable action, long deadlineNanos) {}

  private final ReentrantLock mutex = new ReentrantLock();
  private final Condition changed = mutex.newCondition();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(
          // differences, since System.nanoTime() may wrap around
          (a, b) -> Long.compare(a.deadlineNanos() - b.deadlineNanos(), 0));
  private final Thread thread;
  private volatile Contender running;
  private volatile long runs;
  private volatile boolean ticking;
  private volatile boolean wanted;

  /** What was seen at the last look; the thread's own. */
  private long lastRuns = -1;

  private int idleTicks;
  private boolean closed;

  Clock(String clusterName) {
    thread = new Thread(this::run, "pglite-clock-" + clusterName);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * The lock's owner changed; called under the interpreter lock's monitor, so writes to {@code
   * runs} do not race.
   */
  @SuppressWarnings("NonAtomicOperationOnVolatileField")
  void running(Contender contender) {
    running = contender;
    runs++;
  }

  /** Somebody shall know when the running one's slice is over. */
  void tick() {
    wanted = true;
    if (!ticking) {
      mutex.lock();
      try {
        ticking = true;
        changed.signal();
      } finally {
        mutex.unlock();
      }
    }
  }

  /**
   * Sets the backend's only interval timer; a former one is forgotten.
   *
   * @param milliseconds from now; 0 switches it off
   */
  void setTimer(Child backend, double milliseconds) {
    setTimer(backend, () -> backend.signal(Signal.SIGALRM), milliseconds);
  }

  /**
   * Sets the owner's only timer; a former one is forgotten.
   *
   * @param action runs on the clock's thread, and must not wait for anything
   * @param milliseconds from now; 0 switches it off
   */
  void setTimer(Object owner, Runnable action, double milliseconds) {
    mutex.lock();
    try {
      timers.removeIf(t -> t.owner() == owner);
      if (milliseconds > 0) {
        long deadline = System.nanoTime() + (long) Math.ceil(milliseconds * 1e6);
        timers.add(new Timer(owner, action, deadline));
        changed.signal();
      }
    } finally {
      mutex.unlock();
    }
  }

  private void run() {
    mutex.lock();
    try {
      while (!closed) {
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      mutex.unlock();
    }
  }

  private void step() throws InterruptedException {
    try {
      fireDueTimers();
      await();
      lookAtRunning();
    } catch (OutOfMemoryError e) {
      // without a clock nothing in the cluster would end in time any more
      LockSupport.parkNanos(SLICE_NANOS);
    }
  }

  private void await() throws InterruptedException {
    long wait = Long.MAX_VALUE;
    if (!timers.isEmpty()) {
      wait = Math.max(0, timers.peek().deadlineNanos() - System.nanoTime());
    }
    if (ticking) {
      wait = Math.min(wait, SLICE_NANOS);
    }
    if (wait == Long.MAX_VALUE) {
      changed.await();
    } else if (wait > 0) {
      changed.awaitNanos(wait);
    }
  }

  private void lookAtRunning() {
    if (!ticking) {
      return;
    }
    Contender contender = running;
    idleTicks = contender == null && !wanted ? idleTicks + 1 : 0;
    wanted = false;
    if (contender != null && runs == lastRuns) {
      contender.sliceEnded();
    }
    lastRuns = runs;
    if (idleTicks > IDLE_TICKS) {
      ticking = false;
      idleTicks = 0;
      // who has begun meanwhile may have been asked for ticks that were still there
      ticking = running != null || wanted;
    }
  }

  private void fireDueTimers() {
    long now = System.nanoTime();
    while (!timers.isEmpty() && timers.peek().deadlineNanos() - now <= 0) {
      Timer due = timers.poll();
      try {
        due.action().run();
      } catch (OutOfMemoryError e) {
        timers.add(due);
        throw e;
      }
    }
  }

  @Override
  public void close() {
    mutex.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      mutex.unlock();
    }
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.zerolite.cli;

import java.time.Duration;

/**
 * Ctrl-C and SIGTERM: the JVM runs its shutdown hooks, and ours interrupts the thread that started
 * everything and waits until it has stopped everything. So one thread alone owns what runs.
 */
final class StopSignal {
  // zero-cache, the app, the sessions and the cluster each have bounds of their own below this.
  private static final Duration LONGEST_STOP = Duration.ofSeconds(40);

  private final Thread owner;
  private final Thread hook;
  private boolean done; // guarded by this

  private StopSignal(Thread owner) {
    this.owner = owner;
    this.hook = new Thread(this::stopOwner, "zerolite-stop");
  }

  /** The thread says {@link #allIsStopped()} when it has stopped everything. */
  static StopSignal toThisThread() {
    var signal = new StopSignal(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  private synchronized void stopOwner() {
    long deadline = System.nanoTime() + LONGEST_STOP.toNanos();
    if (!done) {
      owner.interrupt();
    }
    try {
      long left;
      while (!done && (left = (deadline - System.nanoTime()) / 1_000_000) > 0) {
        wait(left);
      }
    } catch (InterruptedException e) {
      // Nobody interrupts a shutdown hook; if someone does, the JVM ends now.
    }
  }

  synchronized void allIsStopped() {
    done = true;
    notifyAll();
  }
}

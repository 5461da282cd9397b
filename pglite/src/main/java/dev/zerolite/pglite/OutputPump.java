package dev.zerolite.pglite;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends a walsender's output on a thread of its own. A consumer that stops reading then blocks that
 * thread and not the backend, whose time-outs and signals go on: it can be found dead, terminated
 * and its slot be used by another. One buffer is on its way at a time, so a stuck consumer costs
 * two.
 */
final class OutputPump {
  private final ClientOutput client;
  private final Runnable sent;
  private final Thread thread;
  private final ReentrantLock mutex = new ReentrantLock();
  private final Condition changed = mutex.newCondition();
  private byte[] bytes = new byte[8 * 1024];
  private int count;
  private boolean started;
  private boolean closed;
  private boolean broken;

  /**
   * @param sent called on the pump's thread when it can take more
   */
  OutputPump(String name, ClientOutput client, Runnable sent) {
    this.client = client;
    this.sent = sent;
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  /**
   * Takes bytes to send unless there are others on their way.
   *
   * @return an array for the caller to use instead of this one, or null if nothing was taken
   */
  byte[] offer(byte[] more, int length) {
    mutex.lock();
    try {
      if (count > 0) {
        return null;
      }
      if (!started) {
        started = true;
        thread.start();
      }
      byte[] spare = bytes;
      bytes = more;
      count = length;
      changed.signalAll();
      return spare;
    } finally {
      mutex.unlock();
    }
  }

  boolean isBroken() {
    mutex.lock();
    try {
      return broken;
    } finally {
      mutex.unlock();
    }
  }

  private void run() {
    try {
      while (awaitBytes()) {
        try {
          client.write(bytes, 0, count); // nobody else touches them while count > 0
          done(false);
        } catch (IOException e) {
          done(true);
        }
        sent.run();
      }
    } catch (InterruptedException e) {
      done(true); // nobody interrupts it; what is left is lost
    }
  }

  private boolean awaitBytes() throws InterruptedException {
    mutex.lockInterruptibly();
    try {
      while (count == 0 && !closed) {
        changed.await();
      }
      return count > 0;
    } finally {
      mutex.unlock();
    }
  }

  private void done(boolean failed) {
    mutex.lock();
    try {
      broken |= failed;
      count = 0;
      changed.signalAll();
    } finally {
      mutex.unlock();
    }
  }

  /** Waits until everything is sent, but not for longer than a reading client takes. */
  void drain(long timeoutMillis) {
    long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    mutex.lock();
    try {
      while (count > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      mutex.unlock();
    }
  }

  /** Nothing more will come: the thread ends when what it has is sent or its socket closed. */
  void close() {
    mutex.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      mutex.unlock();
    }
  }
}

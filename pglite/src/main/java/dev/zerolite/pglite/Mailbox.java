package dev.zerolite.pglite;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What other threads leave for a backend: bytes from its client and signals. The backend's thread
 * sleeps here while it does not hold the interpreter lock.
 *
 * <p>With a {@link ClientInput} it fetches its client's bytes by itself, and sleeps in {@link
 * ClientInput#await} while it waits for them: then a statement costs no change of threads.
 */
final class Mailbox {
  /** The client is held back beyond this many unread bytes. */
  static final int CAPACITY = 256 * 1024;

  /**
   * A backend that never waits, as a walsender that is far behind, still hears its client: it asks
   * for input that often.
   */
  private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** So much is fetched from a client's connection at once. */
  private static final int LARGEST_READ = 64 * 1024;

  private final ReentrantLock mutex = new ReentrantLock();
  private final Condition arrived = mutex.newCondition();
  private final Condition space = mutex.newCondition();
  private byte[] bytes = new byte[8 * 1024];
  private int start;
  private int count;
  private boolean ended;
  private boolean closed;
  private volatile int signals;

  /** Null if others put the client's bytes here. */
  private final ClientInput input;

  /** Whether the backend's thread waits for its client and not for {@link #arrived}. */
  private boolean inputAwaited;

  /** Whether the last read left nothing, as far as one knows without asking again. */
  private boolean inputEmpty = true;

  /** When the client's connection was asked last. */
  private long inputAsked = System.nanoTime();

  /**
   * @param input where the client's bytes come from; if there is none, others {@link #put} them
   *     here
   */
  Mailbox(Optional<ClientInput> input) {
    this.input = input.orElse(null);
  }

  /**
   * Appends bytes from the client, waiting while too many are unread; drops them once the backend
   * has ended.
   */
  void put(byte[] source, int offset, int length) throws InterruptedException {
    int done = 0;
    mutex.lockInterruptibly();
    try {
      while (done < length) {
        while (count >= CAPACITY && !closed) {
          space.await(1, TimeUnit.SECONDS);
        }
        if (closed) {
          return;
        }
        int chunk = Math.min(length - done, CAPACITY - count);
        append(source, offset + done, chunk);
        done += chunk;
        arrived.signal();
      }
    } finally {
      mutex.unlock();
    }
  }

  private void append(byte[] source, int offset, int length) {
    if (start + count + length > bytes.length) {
      byte[] target =
          count + length > bytes.length
              ? new byte[Math.min(CAPACITY, Math.max(count + length, bytes.length * 2))]
              : bytes;
      System.arraycopy(bytes, start, target, 0, count);
      bytes = target;
      start = 0;
    }
    System.arraycopy(source, offset, bytes, start + count, length);
    count += length;
  }

  /** Fetches what the client has sent, as far as there is room. Holds the mutex. */
  private void fill() {
    if (ended || count == CAPACITY) {
      return;
    }
    if (count == 0) {
      start = 0;
    }
    boolean flows = !inputEmpty && bytes.length < LARGEST_READ;
    if (flows || start + count == bytes.length) {
      byte[] target =
          flows || start == 0
              ? new byte[Math.min(CAPACITY, Math.max(LARGEST_READ, 2 * bytes.length))]
              : bytes;
      System.arraycopy(bytes, start, target, 0, count);
      bytes = target;
      start = 0;
    }
    int room = Math.min(LARGEST_READ, bytes.length - start - count);
    int read = input.read(bytes, start + count, room);
    inputEmpty = read < room;
    inputAsked = System.nanoTime();
    if (read < 0) {
      ended = true;
    } else {
      count += read;
    }
  }

  /** The client will send nothing more. */
  void end() {
    mutex.lock();
    try {
      ended = true;
      wake();
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Takes what is there without waiting.
   *
   * @return the number of bytes, 0 at the end of the input, -1 if there is nothing yet
   */
  int read(byte[] target, int offset, int length) {
    mutex.lock();
    try {
      if (!readableNow()) {
        return -1;
      }
      if (count == 0) {
        return 0;
      }
      int chunk = Math.min(count, length);
      System.arraycopy(bytes, start, target, offset, chunk);
      start += chunk;
      count -= chunk;
      if (count == 0) {
        start = 0;
      }
      space.signal();
      return chunk;
    } finally {
      mutex.unlock();
    }
  }

  boolean readable() {
    mutex.lock();
    try {
      return readableNow();
    } finally {
      mutex.unlock();
    }
  }

  /** Asks the client's connection if it may well have something; {@link #await} finds the rest. */
  private boolean readableNow() {
    if (count == 0
        && input != null
        && (!inputEmpty || System.nanoTime() - inputAsked >= ASK_AGAIN_NANOS)) {
      fill();
    }
    return count > 0 || ended;
  }

  /** Whether the client is gone, though there may be bytes of its to read. */
  boolean hasEnded() {
    mutex.lock();
    try {
      if (input != null) {
        fill();
      }
      return ended;
    } finally {
      mutex.unlock();
    }
  }

  /** Adds a signal to the pending ones, from any thread. */
  void signal(int signal) {
    mutex.lock();
    try {
      signals |= 1 << signal;
      wake();
    } finally {
      mutex.unlock();
    }
  }

  private void wake() {
    if (inputAwaited) {
      input.wakeUp();
    } else {
      arrived.signal();
    }
  }

  boolean signalled() {
    return signals != 0;
  }

  /** Takes all pending signals as a bit set. */
  int takeSignals() {
    if (signals == 0) {
      return 0;
    }
    mutex.lock();
    try {
      int taken = signals;
      signals = 0;
      return taken;
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Sleeps until a signal is pending, input can be read or output be written (if asked for), the
   * mailbox is closed or the time is up.
   *
   * @param forInput whether input ends the wait
   * @param forOutput whether the backend has something to send by itself
   * @param deadlineNanos in terms of System.nanoTime(); Long.MAX_VALUE for none
   * @return whether output may go on, and the wait with it
   */
  boolean await(boolean forInput, boolean forOutput, long deadlineNanos) {
    mutex.lock();
    try {
      while (signals == 0 && !closed && !(forInput && (count > 0 || ended))) {
        if (input != null && (forInput || forOutput)) {
          if (!awaitClient(forInput, forOutput, deadlineNanos)) {
            return false;
          }
          if (forOutput) {
            return true;
          }
        } else if (deadlineNanos == Long.MAX_VALUE) {
          arrived.awaitUninterruptibly();
        } else {
          long left = deadlineNanos - System.nanoTime();
          if (left <= 0) {
            return false;
          }
          try {
            arrived.awaitNanos(left);
          } catch (InterruptedException e) {
            // A backend's thread is ended by signals, never by interruption, which would close
            // files under it.
            return false;
          }
        }
      }
      return false;
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Gives the mutex up meanwhile.
   *
   * @return false if the time is up
   */
  private boolean awaitClient(boolean toRead, boolean toWrite, long deadlineNanos) {
    long left = Long.MAX_VALUE;
    if (deadlineNanos != Long.MAX_VALUE) {
      left = deadlineNanos - System.nanoTime();
    }
    if (left > 0) {
      inputAwaited = true;
      mutex.unlock();
      try {
        input.await(toRead, toWrite, left);
      } finally {
        mutex.lock();
        inputAwaited = false;
      }
    }
    if (toRead) {
      fill();
    }
    return left > 0;
  }

  /** The backend has ended or must end: wakes everyone, drops later input. */
  void close() {
    mutex.lock();
    try {
      closed = true;
      wake();
      arrived.signalAll();
      space.signalAll();
    } finally {
      mutex.unlock();
    }
  }
}

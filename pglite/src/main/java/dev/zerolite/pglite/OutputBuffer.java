package dev.zerolite.pglite;

import java.io.IOException;
import java.util.function.Function;

/**
 * Collects what a backend writes while it holds the interpreter lock; {@link #flush} sends it when
 * it does not, so that a slow client never holds up other backends. Belongs to the backend's
 * thread, but for {@link #sessionEnds}.
 *
 * <p>A backend whose client does not read waits in the write itself. Natively it would wait for the
 * socket or its latch, but for SIGTERM alone would it give up (ProcessClientWriteInterrupt in
 * postgres.c): cancel, time-outs and the rest wait for the client there too. So all that is missing
 * is a way to end the write, and no other thread needs to stand between backend and client.
 *
 * <p>A walsender whose client does not read must go on, see {@link #doNotWait}.
 */
final class OutputBuffer {
  /** Beyond this the backend must wait until its client has read. */
  static final int CAPACITY = 256 * 1024;

  /** How long the end of a backend waits for its last bytes to leave. */
  private static final long LAST_BYTES_MILLIS = 2_000;

  /** How long one write may take once the session has to end. */
  private static final long LAST_WRITE_MILLIS = 200;

  private final ClientOutput client;
  private final boolean writesWithoutWaiting;
  private final Clock clock;
  private boolean waits = true;
  private OutputPump pump;
  private byte[] bytes = new byte[8 * 1024];
  private int start;
  private int count;
  private boolean broken;

  /** How many writes have begun and ended: odd while one is under way. */
  private volatile long writes;

  /** {@link #writes} when the clock looked last; belongs to it once the session ends. */
  private long writesSeen;

  private volatile boolean finished;

  /**
   * @param writesWithoutWaiting whether the client's connection can be asked for {@link
   *     ClientOutput#writeNow}
   */
  OutputBuffer(ClientOutput client, boolean writesWithoutWaiting, Clock clock) {
    this.client = client;
    this.writesWithoutWaiting = writesWithoutWaiting;
    this.clock = clock;
  }

  /**
   * The session has to end, from any thread: from now on a write that takes too long is given up.
   */
  void sessionEnds() {
    clock.setTimer(this, this::endStuckWrite, LAST_WRITE_MILLIS);
  }

  private void endStuckWrite() {
    long now = writes;
    if (now % 2 == 1 && now == writesSeen) {
      client.abandon();
    } else if (!finished) {
      writesSeen = now;
      sessionEnds();
    }
  }

  /**
   * From now on a client that does not read does not hold the backend up, which goes on as far as
   * {@link #CAPACITY} allows: it is sent what its connection takes at once, or a thread of its own
   * sends where a connection cannot be asked for that.
   *
   * @param newPump makes that thread, for this client
   */
  void doNotWait(Function<ClientOutput, OutputPump> newPump) {
    if (waits && !writesWithoutWaiting) {
      pump = newPump.apply(client);
    }
    waits = false;
  }

  /**
   * Takes bytes to send.
   *
   * @return how many were taken; -1 if the buffer is full
   */
  int put(byte[] source, int offset, int length) {
    int taken = Math.min(length, CAPACITY - count);
    if (taken == 0 && length > 0) {
      return -1;
    }
    if (start + count + taken > bytes.length) {
      byte[] target =
          count + taken > bytes.length
              ? new byte[Math.min(CAPACITY, Math.max(count + taken, bytes.length * 2))]
              : bytes;
      System.arraycopy(bytes, start, target, 0, count);
      bytes = target;
      start = 0;
    }
    if (count == 0) {
      clock.tick(); // it may be long until somebody else wants to run
    }
    System.arraycopy(source, offset, bytes, start + count, taken);
    count += taken;
    return taken;
  }

  /** Whether a write failed: the client is gone. */
  boolean isBroken() {
    return broken;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /**
   * Sends everything; may block for as long as the client is slow. After {@link #doNotWait} it does
   * not block, and what cannot be sent yet stays here.
   *
   * @return false if the client is gone
   */
  boolean flush() {
    if (pump != null) {
      return offerToPump();
    }
    if (waits) {
      writeAll();
    } else if (count > 0) {
      writeSome();
    }
    return !broken;
  }

  private void writeSome() {
    try {
      int sent = client.writeNow(bytes, start, count);
      count -= sent;
      start = count == 0 ? 0 : start + sent;
    } catch (IOException e) {
      broken = true;
      count = 0;
    }
  }

  private void writeAll() {
    if (count > 0 && !broken) {
      write();
    }
    start = 0;
    count = 0;
  }

  @SuppressWarnings("NonAtomicOperationOnVolatileField") // only this thread writes it
  private void write() {
    writes++;
    try {
      client.write(bytes, start, count);
    } catch (IOException e) {
      broken = true;
    } finally {
      writes++;
    }
  }

  private boolean offerToPump() {
    broken |= pump.isBroken();
    if (broken) {
      count = 0;
    } else if (count > 0) {
      byte[] spare = pump.offer(bytes, count);
      if (spare != null) {
        bytes = spare;
        count = 0;
      }
    }
    return !broken;
  }

  /** Sends what is left and tells the client that nothing follows. */
  void finish() {
    try {
      if (pump != null) {
        pump.drain(LAST_BYTES_MILLIS);
        flush();
        pump.drain(LAST_BYTES_MILLIS);
        pump.close();
      } else {
        if (!waits && count > 0) {
          clock.setTimer(this, client::abandon, LAST_BYTES_MILLIS);
        }
        writeAll();
      }
    } finally {
      finished = true;
      clock.setTimer(this, this::endStuckWrite, 0);
      client.end();
    }
  }
}

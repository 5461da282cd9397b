package dev.zerolite.pglite;

import java.io.IOException;

/**
 * Collects what a backend writes while it holds the interpreter lock; {@link #flush} sends it when
 * it does not, so that a slow client never holds up other backends. Belongs to the backend's
 * thread.
 */
final class OutputBuffer {
  /** Beyond this the backend must wait until its client has read. */
  static final int CAPACITY = 256 * 1024;

  private final ClientOutput client;
  private byte[] bytes = new byte[8 * 1024];
  private int count;
  private boolean broken;

  OutputBuffer(ClientOutput client) {
    this.client = client;
  }

  /**
   * Takes bytes to send.
   *
   * @return how many were taken; -1 if the buffer is full
   */
  int put(byte[] source, int offset, int length) {
    if (broken) {
      return length; // as a socket whose peer is gone: the next read tells
    }
    int taken = Math.min(length, CAPACITY - count);
    if (taken == 0 && length > 0) {
      return -1;
    }
    if (count + taken > bytes.length) {
      byte[] larger = new byte[Math.min(CAPACITY, Math.max(count + taken, bytes.length * 2))];
      System.arraycopy(bytes, 0, larger, 0, count);
      bytes = larger;
    }
    System.arraycopy(source, offset, bytes, count, taken);
    count += taken;
    return taken;
  }

  boolean isEmpty() {
    return count == 0;
  }

  boolean hasSpace() {
    return count < CAPACITY;
  }

  /**
   * Sends everything; may block for as long as the client is slow.
   *
   * @return false if the client is gone
   */
  boolean flush() {
    if (count > 0 && !broken) {
      try {
        client.write(bytes, 0, count);
      } catch (IOException e) {
        broken = true;
      }
    }
    count = 0;
    return !broken;
  }

  /** Takes what was collected away instead of sending it. */
  byte[] drain() {
    byte[] drained = java.util.Arrays.copyOf(bytes, count);
    count = 0;
    return drained;
  }
}

package dev.zerolite.pglite.wasm;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;

/**
 * The arrays of processes that are over, for those to come. A process's memory is some ten
 * megabytes; as garbage it had the heap collected at every ninth connection, 30 to 90 ms in which
 * everything stands still.
 *
 * <p>Soft references, so that they go when nobody has needed them for long and before the heap is
 * full. Safe for use by several threads.
 */
public final class SpareArrays {
  private static final int MOST = 6;

  /** Of a small heap, they take this part at most. */
  private static final int HEAP_DIVISOR = 16;

  private final Deque<SoftReference<byte[]>> spares = new ArrayDeque<>();

  /** An array with the bytes of another one. */
  byte[] copyOf(byte[] original) {
    byte[] copy = take(original.length);
    if (copy == null) {
      return original.clone();
    }
    System.arraycopy(original, 0, copy, 0, copy.length);
    return copy;
  }

  /** A spare array with the bytes of a shorter one, then zeros; null if there is none. */
  byte[] longerCopyOf(byte[] original, int length) {
    byte[] copy = take(length);
    if (copy != null) {
      System.arraycopy(original, 0, copy, 0, original.length);
      Arrays.fill(copy, original.length, length, (byte) 0);
    }
    return copy;
  }

  /** A spare array of that length with whatever is in it, or null. */
  private synchronized byte[] take(int length) {
    for (Iterator<SoftReference<byte[]>> i = spares.iterator(); i.hasNext(); ) {
      byte[] spare = i.next().get();
      if (spare == null || spare.length == length) {
        i.remove();
      }
      if (spare != null && spare.length == length) {
        return spare;
      }
    }
    return null;
  }

  /** Takes an array that nobody uses any more; the one that has been here longest may go for it. */
  synchronized void add(byte[] array) {
    long most = Math.min(MOST, Runtime.getRuntime().maxMemory() / HEAP_DIVISOR / array.length);
    while (!spares.isEmpty() && spares.size() >= most) {
      spares.removeLast();
    }
    if (most > 0) {
      spares.addFirst(new SoftReference<>(array));
    }
  }
}

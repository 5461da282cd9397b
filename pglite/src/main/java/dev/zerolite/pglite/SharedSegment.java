package dev.zerolite.pglite;

import dev.zerolite.pglite.fs.Errno;
import dev.zerolite.pglite.fs.ErrnoException;
import dev.zerolite.pglite.fs.MappableMemory;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All memory that the cluster's processes share: one array that each of them sees at the same
 * addresses. PostgreSQL's main segment comes first, behind it the pieces of dynamic shared memory,
 * for which the array grows. All methods need the interpreter lock.
 *
 * <p>Growing puts another array into each process's memory. Those that do not run notice nothing:
 * they take the lock before they look again.
 */
final class SharedSegment implements MappableMemory {
  private static final int PAGE = 4096;

  /** Growing copies the array, so it grows by a sixteenth at least. */
  private static final int GROWTH_DIVISOR = 16;

  private final List<LinearMemory> viewers = new ArrayList<>();

  /** Free pieces, offset to size, none adjacent to another. */
  private final TreeMap<Integer, Integer> free = new TreeMap<>();

  private byte[] bytes = new byte[0];

  /** The memory shows the array from now on, also when it grows. */
  void attach(LinearMemory memory) {
    memory.share(bytes);
    viewers.add(memory);
  }

  /** What is in use, for another cluster to begin with. */
  byte[] copy() {
    Map.Entry<Integer, Integer> last = free.lastEntry();
    boolean unusedEnd = last != null && last.getKey() + last.getValue() == bytes.length;
    return Arrays.copyOf(bytes, unusedEnd ? last.getKey() : bytes.length);
  }

  /** Begins with a {@link #copy}, all of which counts as used. */
  void adopt(byte[] copy) {
    bytes = copy;
  }

  /** The process has ended. */
  void detach(LinearMemory memory) {
    viewers.remove(memory);
  }

  @Override
  public int allocate(int size) {
    if (size < 0 || size > LinearMemory.MAX_BYTES - PAGE) { // unsigned in C
      throw new ErrnoException(Errno.ENOMEM);
    }
    int wanted = roundUp(size);
    Map.Entry<Integer, Integer> piece = null;
    for (Map.Entry<Integer, Integer> candidate : free.entrySet()) {
      if (candidate.getValue() >= wanted) {
        piece = candidate;
        break;
      }
    }
    if (piece == null) {
      grow(wanted);
      piece = free.lastEntry();
    }
    int offset = piece.getKey();
    int left = piece.getValue() - wanted;
    free.remove(offset);
    if (left > 0) {
      free.put(offset + wanted, left);
    }
    Arrays.fill(bytes, offset, offset + wanted, (byte) 0);
    return LinearMemory.SHARED_BASE + offset;
  }

  @Override
  public void free(int address, int size) {
    insertFree(LinearMemory.indexOf(address), roundUp(size));
  }

  private void insertFree(int offset, int size) {
    int from = offset;
    int to = offset + size;
    Map.Entry<Integer, Integer> before = free.floorEntry(from);
    if (before != null && before.getKey() + before.getValue() == from) {
      from = before.getKey();
    }
    Integer after = free.remove(to);
    if (after != null) {
      to += after;
    }
    free.put(from, to - from);
  }

  private void grow(int wanted) {
    long room = Math.max(wanted, roundUp(bytes.length / GROWTH_DIVISOR));
    if (bytes.length + room > LinearMemory.MAX_BYTES) {
      throw new ErrnoException(Errno.ENOMEM);
    }
    byte[] grown = LinearMemory.newArray(bytes.length + (int) room);
    if (grown == null) {
      throw new ErrnoException(Errno.ENOMEM);
    }
    System.arraycopy(bytes, 0, grown, 0, bytes.length);
    insertFree(bytes.length, (int) room);
    bytes = grown;
    viewers.forEach(memory -> memory.share(grown));
  }

  private static int roundUp(int size) {
    return (size + PAGE - 1) & -PAGE;
  }

  @Override
  public void read(int address, byte[] target, int offset, int length) {
    System.arraycopy(bytes, LinearMemory.indexOf(address), target, offset, length);
  }

  @Override
  public void write(int address, byte[] source, int offset, int length) {
    System.arraycopy(source, offset, bytes, LinearMemory.indexOf(address), length);
  }
}

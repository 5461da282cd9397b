package dev.zerolite.pglite.fs;

import java.util.Arrays;

/**
 * A file's bytes on the heap, in chunks, so that growing never copies what is there and a hole
 * costs nothing.
 *
 * <p>Invariants: a null chunk reads as zeros; a chunk may be shorter than {@link #CHUNK}, the rest
 * of it reads as zeros; bytes beyond the file's size are zero in every chunk, so that extending
 * needs no clearing. A chunk that a copy may also refer to is never written: it is replaced first.
 */
final class MemoryContent implements FileContent {
  private static final int CHUNK_BITS = 16;

  /** Eight of PostgreSQL's pages. */
  static final int CHUNK = 1 << CHUNK_BITS;

  /** Small files (there are hundreds) get a first chunk of their size, rounded up to this. */
  private static final int SMALLEST = 512;

  private static final long MAX_SIZE = Integer.MAX_VALUE;

  private final HeapReserve heap;
  private byte[][] chunks;
  private boolean[] shared;
  private long size;

  MemoryContent(HeapReserve heap) {
    this(heap, new byte[0][], new boolean[0], 0);
  }

  /** Content whose chunks may be others' too. */
  static MemoryContent ofShared(HeapReserve heap, byte[][] chunks, long size) {
    boolean[] shared = new boolean[chunks.length];
    Arrays.fill(shared, true);
    return new MemoryContent(heap, chunks, shared, size);
  }

  private MemoryContent(HeapReserve heap, byte[][] chunks, boolean[] shared, long size) {
    this.heap = heap;
    this.chunks = chunks;
    this.shared = shared;
    this.size = size;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(long position, byte[] target, int offset, int length) {
    if (position >= size) {
      return 0;
    }
    int count = (int) Math.min(length, size - position);
    int done = 0;
    while (done < count) {
      int inChunk = (int) (position + done) & (CHUNK - 1);
      int part = Math.min(count - done, CHUNK - inChunk);
      byte[] chunk = chunks[(int) ((position + done) >>> CHUNK_BITS)];
      int present = chunk == null ? 0 : Math.max(0, Math.min(part, chunk.length - inChunk));
      if (present > 0) {
        System.arraycopy(chunk, inChunk, target, offset + done, present);
      }
      if (present < part) {
        Arrays.fill(target, offset + done + present, offset + done + part, (byte) 0);
      }
      done += part;
    }
    return count;
  }

  @Override
  public void write(long position, byte[] source, int offset, int length) {
    if (length == 0) {
      return; // also beyond the end, where POSIX leaves the size alone
    }
    long end = position + length;
    reserve(end);
    int done = 0;
    while (done < length) {
      int inChunk = (int) (position + done) & (CHUNK - 1);
      int part = Math.min(length - done, CHUNK - inChunk);
      byte[] chunk = writable((int) ((position + done) >>> CHUNK_BITS), inChunk + part);
      System.arraycopy(source, offset + done, chunk, inChunk, part);
      done += part;
    }
    size = Math.max(size, end);
  }

  @Override
  public void truncate(long newSize) {
    if (newSize < size) {
      int kept = chunkCount(newSize);
      Arrays.fill(chunks, kept, chunks.length, null);
      Arrays.fill(shared, kept, shared.length, false);
      int tail = (int) newSize & (CHUNK - 1);
      if (tail != 0 && chunks[kept - 1] != null && chunks[kept - 1].length > tail) {
        chunks[kept - 1] = Arrays.copyOf(chunks[kept - 1], tail);
        shared[kept - 1] = false;
      }
    } else {
      reserve(newSize);
    }
    size = newSize;
  }

  @Override
  public void sync() {}

  /** Shares all chunks with the copy; whoever writes first replaces its chunk. */
  @Override
  public MemoryContent copy() {
    Arrays.fill(shared, true);
    return new MemoryContent(heap, chunks.clone(), shared.clone(), size);
  }

  /** How many bytes of heap this content holds, chunks shared with copies included. */
  long heldBytes() {
    long held = 0;
    for (byte[] chunk : chunks) {
      held += chunk == null ? 0 : chunk.length;
    }
    return held;
  }

  static int chunkCount(long size) {
    return (int) ((size + CHUNK - 1) >>> CHUNK_BITS);
  }

  private void reserve(long newSize) {
    if (newSize > MAX_SIZE) {
      throw new ErrnoException(Errno.EFBIG);
    }
    int needed = chunkCount(newSize);
    if (needed > chunks.length) {
      int length = Math.max(needed, chunks.length + (chunks.length >> 1));
      chunks = Arrays.copyOf(chunks, length);
      shared = Arrays.copyOf(shared, length);
    }
  }

  /** The chunk of that index, unshared and at least that long. */
  private byte[] writable(int index, int length) {
    byte[] chunk = chunks[index];
    if (chunk != null && chunk.length >= length && !shared[index]) {
      return chunk;
    }
    int capacity = index > 0 ? CHUNK : Math.max(SMALLEST, Integer.highestOneBit(length * 2 - 1));
    heap.take(capacity);
    chunk =
        chunk == null ? new byte[capacity] : Arrays.copyOf(chunk, Math.max(capacity, chunk.length));
    chunks[index] = chunk;
    shared[index] = false;
    return chunk;
  }
}

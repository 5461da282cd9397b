package dev.zerolite.pglite.fs;

import java.util.Arrays;

/**
 * A file's bytes on the heap, in chunks, so that growing never copies what is there and a hole
 * costs nothing.
 *
 * <p>Invariants: a null chunk reads as zeros; a chunk may be shorter than {@link #CHUNK}, the rest
 * of it reads as zeros; bytes beyond the file's size are zero in every chunk, so that extending
 * needs no clearing. A chunk that a copy may also refer to is never written: it is replaced first.
 * So is one that is packed; only chunks of full length are.
 */
final class MemoryContent implements FileContent {
  private static final int CHUNK_BITS = 16;

  /** Eight of PostgreSQL's pages. */
  static final int CHUNK = 1 << CHUNK_BITS;

  /** Small files (there are hundreds) get a first chunk of their size, rounded up to this. */
  private static final int SMALLEST = 512;

  private static final long MAX_SIZE = Integer.MAX_VALUE;

  private static final byte[] ZEROS = new byte[CHUNK];

  private final MemoryUsage usage;
  private byte[][] chunks;
  private boolean[] shared;
  private boolean[] packed;
  private long size;

  /** The chunk written to last. */
  private int current;

  MemoryContent(MemoryUsage usage) {
    this(usage, new byte[0][], new boolean[0], new boolean[0], 0);
  }

  /** Content whose chunks may be others' too. */
  static MemoryContent ofShared(MemoryUsage usage, byte[][] chunks, long size) {
    boolean[] shared = new boolean[chunks.length];
    Arrays.fill(shared, true);
    return new MemoryContent(usage, chunks, shared, new boolean[chunks.length], size);
  }

  private MemoryContent(
      MemoryUsage usage, byte[][] chunks, boolean[] shared, boolean[] packed, long size) {
    this.usage = usage;
    this.chunks = chunks;
    this.shared = shared;
    this.packed = packed;
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
      byte[] chunk = readable((int) ((position + done) >>> CHUNK_BITS));
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
      int index = (int) ((position + done) >>> CHUNK_BITS);
      if (!isHoleFor(index, source, offset + done, part)) {
        System.arraycopy(source, offset + done, writable(index, inChunk + part), inChunk, part);
      }
      if (index != current) {
        packIfTight(current);
        current = index;
      }
      done += part;
    }
    size = Math.max(size, end);
  }

  /** WAL files are filled with zeros before they are used, which need no room yet. */
  private boolean isHoleFor(int index, byte[] source, int offset, int length) {
    return usage.sequential()
        && chunks[index] == null
        && Arrays.equals(source, offset, offset + length, ZEROS, 0, length);
  }

  private void packIfTight(int index) {
    if (index >= chunks.length
        || chunks[index] == null
        || packed[index]
        || shared[index] // somebody else keeps it as it is
        || chunks[index].length < CHUNK
        || !usage.packs()) {
      return;
    }
    byte[] smaller = usage.packing().pack(chunks[index]);
    if (smaller != null) {
      chunks[index] = smaller;
      packed[index] = true;
    }
  }

  @Override
  public void truncate(long newSize) {
    if (newSize < size) {
      int kept = chunkCount(newSize);
      Arrays.fill(chunks, kept, chunks.length, null);
      Arrays.fill(shared, kept, shared.length, false);
      Arrays.fill(packed, kept, packed.length, false);
      int tail = (int) newSize & (CHUNK - 1);
      if (tail != 0 && chunks[kept - 1] != null) {
        byte[] last = readable(kept - 1);
        if (last.length > tail) {
          chunks[kept - 1] = Arrays.copyOf(last, tail);
          shared[kept - 1] = false;
          packed[kept - 1] = false;
        }
      }
    } else {
      reserve(newSize);
    }
    size = newSize;
  }

  @Override
  public void sync() {}

  /**
   * An independent content with the same bytes. Shares all chunks with it; whoever writes first
   * replaces its chunk.
   */
  MemoryContent copy(MemoryUsage itsUsage) {
    Arrays.fill(shared, true);
    return new MemoryContent(itsUsage, chunks.clone(), shared.clone(), packed.clone(), size);
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
      packed = Arrays.copyOf(packed, length);
    }
  }

  /** The chunk of that index, not to be written to; null if it is a hole. */
  private byte[] readable(int index) {
    return packed[index] ? usage.packing().unpack(chunks[index], CHUNK) : chunks[index];
  }

  /** The chunk of that index, unshared, unpacked and at least that long. */
  private byte[] writable(int index, int length) {
    byte[] chunk = readable(index);
    if (chunk != null && chunk.length >= length && !shared[index] && !packed[index]) {
      return chunk;
    }
    int capacity = index > 0 ? CHUNK : Math.max(SMALLEST, Integer.highestOneBit(length * 2 - 1));
    usage.take(capacity);
    chunk =
        chunk == null ? new byte[capacity] : Arrays.copyOf(chunk, Math.max(capacity, chunk.length));
    chunks[index] = chunk;
    shared[index] = false;
    packed[index] = false;
    return chunk;
  }
}

package dev.zerolite.pglite.fs;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Makes chunks smaller that are read in order, if at all: WAL to a fourth, what decoding puts aside
 * to less. The chunks unpacked last are kept, since files are read a page or a record at a time.
 *
 * <p>Guarded like the tree that uses it. A packed chunk is never changed, so that copies of the
 * tree may share it.
 */
final class Packing {
  /** As many files are read in turn: a walsender's WAL, a transaction's part of each subxact. */
  private static final int KEPT = 8;

  /** Packing that saves less than a fourth is not worth its while. */
  private static final int MOST = MemoryContent.CHUNK / 4 * 3;

  private record Unpacked(byte[] packed, byte[] chunk) {}

  private final Unpacked[] kept = new Unpacked[KEPT];
  private int oldest;
  private Deflater deflater;
  private Inflater inflater;

  /** Null if it is not worth it. */
  byte[] pack(byte[] chunk) {
    if (deflater == null) {
      deflater = new Deflater(Deflater.BEST_SPEED, true);
    }
    byte[] packed = new byte[MOST];
    deflater.reset();
    deflater.setInput(chunk);
    deflater.finish();
    int length = deflater.deflate(packed);
    return deflater.finished() ? Arrays.copyOf(packed, length) : null;
  }

  /** The chunk of that length that was packed; not to be written to. */
  byte[] unpack(byte[] packed, int length) {
    for (Unpacked recent : kept) {
      if (recent != null && recent.packed == packed) {
        return recent.chunk;
      }
    }
    if (inflater == null) {
      inflater = new Inflater(true);
    }
    byte[] chunk = new byte[length];
    inflater.reset();
    inflater.setInput(packed);
    try {
      if (inflater.inflate(chunk) != length) {
        throw new IllegalStateException("a packed chunk is not whole");
      }
    } catch (DataFormatException e) {
      throw new IllegalStateException("a packed chunk is damaged", e);
    }
    kept[oldest] = new Unpacked(packed, chunk);
    oldest = (oldest + 1) % KEPT;
    return chunk;
  }
}

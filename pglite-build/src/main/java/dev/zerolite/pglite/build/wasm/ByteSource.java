package dev.zerolite.pglite.build.wasm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Reads the primitives of the binary format from a range of bytes. */
public final class ByteSource {
  private final byte[] bytes;
  private final int end;
  private int position;

  public ByteSource(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  public ByteSource(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  public int position() {
    return position;
  }

  public boolean atEnd() {
    return position >= end;
  }

  public int u8() {
    if (position >= end) {
      throw new WasmFormatException("the bytes end too early, at offset " + position);
    }
    return bytes[position++] & 0xff;
  }

  /** An unsigned LEB128 number of at most 32 bits; values above 2^31 come out negative. */
  public int u32() {
    return (int) leb(5, false);
  }

  /** A signed LEB128 number of at most 32 bits. */
  public int s32() {
    return (int) leb(5, true);
  }

  /** A signed LEB128 number of at most 64 bits. */
  public long s64() {
    return leb(10, true);
  }

  private long leb(int maxBytes, boolean signed) {
    long result = 0;
    for (int i = 0; i < maxBytes; i++) {
      int b = u8();
      int shift = 7 * i;
      result |= (long) (b & 0x7f) << shift;
      if ((b & 0x80) == 0) {
        boolean negative = signed && (b & 0x40) != 0 && shift + 7 < Long.SIZE;
        return negative ? result | -1L << (shift + 7) : result;
      }
    }
    throw new WasmFormatException("a LEB128 number is too long, at offset " + position);
  }

  public byte[] bytes(int count) {
    if (count < 0 || count > end - position) {
      throw new WasmFormatException("%d bytes wanted at offset %d".formatted(count, position));
    }
    position += count;
    return Arrays.copyOfRange(bytes, position - count, position);
  }

  /** The bytes from an earlier {@link #position} up to here. */
  byte[] since(int start) {
    return Arrays.copyOfRange(bytes, start, position);
  }

  byte[] rest() {
    return bytes(end - position);
  }

  public String name() {
    return new String(bytes(u32()), StandardCharsets.UTF_8);
  }

  ValueType valueType() {
    return ValueType.of(u8());
  }

  /** A vector: its length, then its elements. */
  public <T> List<T> list(Function<ByteSource, T> element) {
    int count = u32();
    List<T> result = new ArrayList<>(Math.min(count, 1 << 16));
    for (int i = 0; i < count; i++) {
      result.add(element.apply(this));
    }
    return result;
  }
}

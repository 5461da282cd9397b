package dev.zerolite.pglite.build.wasm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.function.BiConsumer;

/** Writes the primitives of the binary format. */
public final class ByteSink {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public ByteSink u8(int value) {
    out.write(value);
    return this;
  }

  /** An unsigned LEB128 number in its shortest form. */
  public ByteSink u32(int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      out.write(rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
    return this;
  }

  /** A signed LEB128 number in its shortest form. */
  public ByteSink s64(long value) {
    long rest = value;
    while (rest < -0x40 || rest > 0x3f) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>= 7;
    }
    out.write((int) (rest & 0x7f));
    return this;
  }

  public ByteSink bytes(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  public ByteSink name(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    return u32(utf8.length).bytes(utf8);
  }

  /** A vector: its length, then its elements. */
  public <T> ByteSink list(Collection<T> elements, BiConsumer<ByteSink, T> element) {
    u32(elements.size());
    elements.forEach(e -> element.accept(this, e));
    return this;
  }

  /** Bytes preceded by their number. */
  public ByteSink sized(byte[] bytes) {
    return u32(bytes.length).bytes(bytes);
  }

  public byte[] toByteArray() {
    return out.toByteArray();
  }
}

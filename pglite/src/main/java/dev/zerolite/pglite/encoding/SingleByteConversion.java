package dev.zerolite.pglite.encoding;

import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * Between two single-byte encodings, or one and MULE_INTERNAL, which puts a byte for the alphabet
 * before such a character: local2local, latin2mic and so on of utils/mb/conv.c.
 *
 * <p>As in {@link UnicodeConversion}, the result is how many bytes were converted.
 */
final class SingleByteConversion {
  private static final int HIGHBIT = 0x80;

  private final Encodings encodings;
  private final LinearMemory memory;

  SingleByteConversion(Encodings encodings, LinearMemory memory) {
    this.encodings = encodings;
    this.memory = memory;
  }

  /** local2local(l, p, len, src_encoding, dest_encoding, tab, noError) */
  int localToLocal(long[] a) {
    return expand(a, (int) a[3], (int) a[4], (int) a[5], 0, isTrue(a[6]));
  }

  /** latin2mic(l, p, len, lc, encoding, noError) */
  int latinToMule(long[] a) {
    return expand(a, (int) a[4], Encodings.MULE_INTERNAL, 0, (int) a[3], isTrue(a[5]));
  }

  /** latin2mic_with_table(l, p, len, lc, encoding, tab, noError) */
  int latinToMuleWithTable(long[] a) {
    return expand(a, (int) a[4], Encodings.MULE_INTERNAL, (int) a[5], (int) a[3], isTrue(a[6]));
  }

  /** mic2latin(mic, p, len, lc, encoding, noError) */
  int muleToLatin(long[] a) {
    return shrink(a, (int) a[4], 0, (int) a[3], isTrue(a[5]));
  }

  /** mic2latin_with_table(mic, p, len, lc, encoding, tab, noError) */
  int muleToLatinWithTable(long[] a) {
    return shrink(a, (int) a[4], (int) a[5], (int) a[3], isTrue(a[6]));
  }

  private static boolean isTrue(long bool) {
    return (bool & 0xff) != 0;
  }

  /**
   * From single bytes.
   *
   * @param table what the bytes from 128 up become, 0 for nothing; 0 if they stay
   * @param alphabet goes before each of them; 0 for none
   */
  private int expand(long[] a, int source, int target, int table, int alphabet, boolean noError) {
    int start = (int) a[0];
    int from = start;
    int to = (int) a[1];
    int end = start + (int) a[2];
    for (; from != end; from++) {
      int c = memory.read(from) & 0xff;
      if (c == 0) {
        if (!noError) {
          throw encodings.invalid(source, from, end - from);
        }
        break;
      }
      if (c >= HIGHBIT) {
        c = translate(table, c);
        if (c == 0) {
          if (!noError) {
            throw encodings.untranslatable(source, target, from, end - from);
          }
          break;
        }
        if (alphabet != 0) {
          memory.writeByte(to++, (byte) alphabet);
        }
      }
      memory.writeByte(to++, (byte) c);
    }
    memory.writeByte(to, (byte) 0);
    return from - start;
  }

  /** From MULE_INTERNAL to single bytes of one alphabet. */
  private int shrink(long[] a, int target, int table, int alphabet, boolean noError) {
    int start = (int) a[0];
    int from = start;
    int to = (int) a[1];
    int end = start + (int) a[2];
    while (from != end) {
      int c = memory.read(from) & 0xff;
      int length = c < HIGHBIT ? 1 : muleLength(c);
      if (c == 0 || end - from < length) {
        if (!noError) {
          throw encodings.invalid(Encodings.MULE_INTERNAL, from, end - from);
        }
        break;
      }
      if (c >= HIGHBIT) {
        int second = length == 2 && c == alphabet ? memory.read(from + 1) & 0xff : 0;
        c = second < HIGHBIT ? 0 : translate(table, second);
        if (c == 0) {
          if (!noError) {
            throw encodings.untranslatable(Encodings.MULE_INTERNAL, target, from, end - from);
          }
          break;
        }
      }
      memory.writeByte(to++, (byte) c);
      from += length;
    }
    memory.writeByte(to, (byte) 0);
    return from - start;
  }

  private int translate(int table, int c) {
    return table == 0 ? c : memory.read(table + c - HIGHBIT) & 0xff;
  }

  /** pg_mule_mblen; the leading bytes' classes are defined in mb/pg_wchar.h (IS_LC1 ...). */
  private static int muleLength(int first) {
    if (first >= 0x81 && first <= 0x8d) {
      return 2;
    }
    if (first >= 0x90 && first <= 0x99 || first == 0x9a || first == 0x9b) {
      return 3;
    }
    return first == 0x9c || first == 0x9d ? 4 : 1;
  }
}

package dev.zerolite.pglite.encoding;

import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.server.ServerError;
import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * Between UTF-8 and another encoding by the tables of a library: UtfToLocal and LocalToUtf of
 * utils/mb/conv.c.
 *
 * <p>A character travels as an int, its bytes with the last one lowest. Where a conversion stops,
 * either because the input is wrong or because a character has no equivalent, that is an error, or,
 * if the caller wants none, the end: the result is how many bytes were converted.
 */
final class UnicodeConversion {
  private static final int COMBINED_SIZE = 12; // three uint32

  private final ServerCalls server;
  private final Encodings encodings;
  private final LinearMemory memory;

  UnicodeConversion(ServerCalls server, Encodings encodings) {
    this.server = server;
    this.encodings = encodings;
    this.memory = server.memory();
  }

  /** What both directions need to know of a conversion. */
  private record Tables(RadixTree tree, int combined, int combinedCount, int function) {}

  private Tables tables(int tree, int combined, int combinedCount, int function) {
    return new Tables(
        tree == 0 ? null : new RadixTree(memory, tree), combined, combinedCount, function);
  }

  private static void requireValid(int encoding) {
    if (!Encodings.isValid(encoding)) {
      throw new ServerError("22023", "invalid encoding number: " + encoding);
    }
  }

  /** Arguments as of UtfToLocal in mb/pg_wchar.h. */
  int fromUtf8(long[] a) {
    int start = (int) a[0];
    int encoding = (int) a[7];
    boolean noError = (a[8] & 0xff) != 0;
    requireValid(encoding);
    Tables tables = tables((int) a[3], (int) a[4], (int) a[5], (int) a[6]);
    int from = start;
    int end = start + (int) a[1];
    int to = (int) a[2];
    while (from != end) {
      int length = legalLength(from, end);
      if (length == 0) {
        if (!noError) {
          throw encodings.invalid(Encodings.UTF8, from, end - from);
        }
        break;
      }
      if (length == 1) {
        memory.writeByte(to++, memory.read(from++));
        continue;
      }
      int code = code(from, length);
      int next = from + length;
      if (tables.combined != 0 && next != end) {
        int second = legalLength(next, end);
        if (second == 0) {
          if (!noError) {
            throw encodings.invalid(Encodings.UTF8, next, end - next);
          }
          break; // the second might have belonged to the first
        }
        int found = second == 1 ? 0 : combinedOf(tables, code, code(next, second));
        if (found != 0) {
          to = store(to, memory.readInt(found + 8));
          from = next + second;
          continue;
        }
      }
      int converted = convert(tables, code, length);
      if (converted == 0) {
        if (!noError) {
          throw encodings.untranslatable(Encodings.UTF8, encoding, from, end - from);
        }
        break;
      }
      to = store(to, converted);
      from = next;
    }
    memory.writeByte(to, (byte) 0);
    return from - start;
  }

  /** Arguments as of LocalToUtf in mb/pg_wchar.h. */
  int toUtf8(long[] a) {
    int start = (int) a[0];
    int encoding = (int) a[7];
    boolean noError = (a[8] & 0xff) != 0;
    requireValid(encoding);
    Tables tables = tables((int) a[3], (int) a[4], (int) a[5], (int) a[6]);
    int from = start;
    int end = start + (int) a[1];
    int to = (int) a[2];
    while (from != end) {
      byte first = memory.read(from);
      if (first > 0) {
        memory.writeByte(to++, first);
        from++;
        continue;
      }
      int length = first == 0 ? -1 : encodings.verify(encoding, from, end - from);
      if (length < 0) {
        if (!noError) {
          throw encodings.invalid(encoding, from, end - from);
        }
        break;
      }
      int code = code(from, length);
      int converted = tables.tree == null ? 0 : tables.tree.find(code, length);
      int found =
          converted == 0 && tables.tree != null && tables.combined != 0
              ? search(tables, code, 0, 1)
              : 0;
      if (found != 0) {
        to = store(store(to, memory.readInt(found + 4)), memory.readInt(found + 8));
        from += length;
        continue;
      }
      if (converted == 0) {
        converted = byFunction(tables, code);
      }
      if (converted == 0) {
        if (!noError) {
          throw encodings.untranslatable(encoding, Encodings.UTF8, from, end - from);
        }
        break;
      }
      to = store(to, converted);
      from += length;
    }
    memory.writeByte(to, (byte) 0);
    return from - start;
  }

  /** The length of the legal UTF-8 character that begins here, or 0. */
  private int legalLength(int from, int end) {
    byte first = memory.read(from);
    int length = Encodings.utf8Length(first);
    boolean legal = first != 0 && end - from >= length && encodings.isLegalUtf8(from, length);
    return legal ? length : 0;
  }

  private int code(int from, int length) {
    int code = 0;
    for (int i = 0; i < length; i++) {
      code = code << 8 | memory.read(from + i) & 0xff;
    }
    return code;
  }

  private int convert(Tables tables, int code, int length) {
    int converted = tables.tree == null ? 0 : tables.tree.find(code, length);
    return converted != 0 ? converted : byFunction(tables, code);
  }

  /** Ranges that are calculated, as GB18030 has them. */
  private int byFunction(Tables tables, int code) {
    return tables.function == 0 ? 0 : server.callPointer(tables.function, code);
  }

  /** store_coded_char: the bytes that are not 0, the highest first. */
  private int store(int to, int code) {
    int next = to;
    for (int shift = 24; shift >= 0; shift -= 8) {
      if ((code >>> shift & 0xff) != 0) {
        memory.writeByte(next++, (byte) (code >>> shift));
      }
    }
    return next;
  }

  /** A pg_utf_to_local_combined {utf1, utf2, code}, or 0. */
  private int combinedOf(Tables tables, int first, int second) {
    return search(tables, first, second, 2);
  }

  /** Binary search in an array sorted by its first {@code keys} fields; the element or 0. */
  private int search(Tables tables, int first, int second, int keys) {
    int low = 0;
    int high = tables.combinedCount - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int element = tables.combined + COMBINED_SIZE * middle;
      int order = Integer.compareUnsigned(memory.readInt(element), first);
      if (order == 0 && keys == 2) {
        order = Integer.compareUnsigned(memory.readInt(element + 4), second);
      }
      if (order == 0) {
        return element;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return 0;
  }
}

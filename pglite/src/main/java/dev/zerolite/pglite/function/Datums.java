package dev.zerolite.pglite.function;

import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.charset.StandardCharsets;

/**
 * Values between Java and the backend's memory: a Datum of 32 bits is the value itself, or the
 * address of what is wider (postgres.h, varatt.h).
 */
final class Datums {
  private static final int PG_UTF8 = 6; // mb/pg_wchar.h
  private static final int VARHDRSZ = 4;

  private final ServerCalls server;
  private final LinearMemory memory;

  Datums(ServerCalls server) {
    this.server = server;
    this.memory = server.memory();
  }

  static boolean isByReference(SqlType type) {
    return type != SqlType.BOOL && type != SqlType.INT4;
  }

  Object read(SqlType type, int datum) {
    return switch (type) {
      case BOOL -> (datum & 0xff) != 0;
      case INT4 -> datum;
      case INT8 -> memory.readLong(datum);
      case FLOAT8 -> Double.longBitsToDouble(memory.readLong(datum));
      case BYTEA -> {
        int value = detoast(datum);
        yield memory.readBytes(start(value), length(value));
      }
      case TEXT -> {
        int value = detoast(datum);
        int start = start(value);
        int length = length(value);
        int converted = server.call("pg_server_to_any", start, length, PG_UTF8);
        yield converted == start
            ? new String(memory.readBytes(start, length), StandardCharsets.UTF_8)
            : memory.readCString(converted, StandardCharsets.UTF_8);
      }
    };
  }

  private int detoast(int datum) {
    return server.call("pg_detoast_datum_packed", datum);
  }

  /** A header of one byte has its lowest bit set (VARATT_IS_1B on little-endian machines). */
  private boolean isShort(int value) {
    return (memory.read(value) & 1) != 0;
  }

  private int start(int value) {
    return value + (isShort(value) ? 1 : VARHDRSZ);
  }

  private int length(int value) {
    return isShort(value)
        ? (memory.read(value) >>> 1 & 0x7f) - 1
        : (memory.readInt(value) >>> 2) - VARHDRSZ;
  }

  /** Makes a Datum; what it points to is in the current memory context. */
  int write(SqlType type, Object value) {
    return switch (type) {
      case BOOL -> (Boolean) value ? 1 : 0;
      case INT4 -> (Integer) value;
      case INT8 -> eightBytes((Long) value);
      case FLOAT8 -> eightBytes(Double.doubleToRawLongBits((Double) value));
      case BYTEA -> variable((byte[]) value);
      case TEXT -> text((String) value);
    };
  }

  private int eightBytes(long value) {
    int address = server.call("palloc", Long.BYTES);
    memory.writeLong(address, value);
    return address;
  }

  private int variable(byte[] bytes) {
    int address = server.call("palloc", VARHDRSZ + bytes.length);
    memory.writeI32(address, VARHDRSZ + bytes.length << 2);
    memory.write(address + VARHDRSZ, bytes, 0, bytes.length);
    return address;
  }

  /** pg_any_to_server checks the bytes, and converts them if the database is not UTF-8. */
  private int text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int value = variable(bytes);
    int start = value + VARHDRSZ;
    int converted = server.call("pg_any_to_server", start, bytes.length, PG_UTF8);
    if (converted == start) {
      return value;
    }
    int length = 0;
    while (memory.read(converted + length) != 0) {
      length++;
    }
    return server.call("cstring_to_text_with_len", converted, length);
  }
}

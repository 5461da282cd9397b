package dev.zerolite.pglite.function;

import java.util.List;

/**
 * The arguments of one call, counted from 0. Each must be asked for as the type that it was
 * declared with; those of primitive types must not be NULL, see {@link #isNull}.
 */
public final class Arguments {
  private final List<SqlType> types;
  private final Object[] values;

  Arguments(List<SqlType> types, Object[] values) {
    this.types = types;
    this.values = values;
  }

  public int count() {
    return values.length;
  }

  public boolean isNull(int index) {
    return values[index] == null;
  }

  /** Null for NULL. */
  public String text(int index) {
    return (String) value(index, SqlType.TEXT);
  }

  /** Null for NULL; the array is the caller's. */
  public byte[] bytea(int index) {
    return (byte[]) value(index, SqlType.BYTEA);
  }

  public int int4(int index) {
    return (Integer) notNull(index, SqlType.INT4);
  }

  public long int8(int index) {
    return (Long) notNull(index, SqlType.INT8);
  }

  public double float8(int index) {
    return (Double) notNull(index, SqlType.FLOAT8);
  }

  public boolean bool(int index) {
    return (Boolean) notNull(index, SqlType.BOOL);
  }

  private Object value(int index, SqlType type) {
    if (types.get(index) != type) {
      throw new IllegalArgumentException(
          "argument %d is of type %s, not %s".formatted(index, types.get(index), type));
    }
    return values[index];
  }

  private Object notNull(int index, SqlType type) {
    Object value = value(index, type);
    if (value == null) {
      throw new NullPointerException("argument " + index + " is NULL");
    }
    return value;
  }
}

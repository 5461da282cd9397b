package dev.zerolite.pglite.function;

import java.util.Locale;

/** The types of arguments and results, each with its class in Java; NULL is null. */
public enum SqlType {
  /** A {@link Boolean}. */
  BOOL(16, Boolean.class),
  /** A {@code byte[]}. */
  BYTEA(17, byte[].class),
  /** A {@link Long}. */
  INT8(20, Long.class),
  /** An {@link Integer}. */
  INT4(23, Integer.class),
  /** A {@link String}. */
  TEXT(25, String.class),
  /** A {@link Double}. */
  FLOAT8(701, Double.class);

  private final int oid;
  private final Class<?> javaType;

  SqlType(int oid, Class<?> javaType) {
    this.oid = oid;
    this.javaType = javaType;
  }

  /** As catalog/pg_type.dat has it. */
  int oid() {
    return oid;
  }

  Class<?> javaType() {
    return javaType;
  }

  String sqlName() {
    return "pg_catalog." + name().toLowerCase(Locale.ROOT);
  }
}

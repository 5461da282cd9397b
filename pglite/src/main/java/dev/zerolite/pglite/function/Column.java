package dev.zerolite.pglite.function;

import static java.util.Objects.requireNonNull;

/** A column of what a {@link SetFunction} gives. */
public record Column(String name, SqlType type) {
  public Column {
    FunctionLibrary.requireName(name);
    requireNonNull(type);
  }
}

package dev.zerolite.pglite.host;

import static java.util.Objects.requireNonNull;

/** A symbol of a dynamic library that is implemented in Java. */
public sealed interface Symbol {
  /**
   * @param signature the result's letter, then the parameters': v (none), i (i32), j (i64), d (f64)
   */
  static Symbol function(String signature, HostFunction function) {
    return new Function(signature, function);
  }

  /** Data that is copied to the process's memory when the symbol is first looked up. */
  static Symbol data(byte[] initialValue) {
    return new Data(initialValue.clone());
  }

  record Function(String signature, HostFunction function) implements Symbol {
    public Function {
      requireNonNull(signature);
      requireNonNull(function);
    }
  }

  record Data(byte[] initialValue) implements Symbol {}
}

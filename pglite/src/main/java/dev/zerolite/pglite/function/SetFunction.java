package dev.zerolite.pglite.function;

import dev.zerolite.pglite.server.ServerError;

/** A function with a set of rows for each call; what {@link ScalarFunction} says applies, too. */
@FunctionalInterface
public interface SetFunction {
  /**
   * @param rows takes the rows, in their order, during the call only
   * @throws ServerError to end the statement with an SQLSTATE of its own
   * @throws Exception any other ends the statement with 38000 (external_routine_exception)
   */
  void call(Arguments arguments, Rows rows) throws Exception;

  /** Takes rows. */
  @FunctionalInterface
  interface Rows {
    /**
     * @param values one for each declared column, of its type's class; null for NULL
     */
    void add(Object... values);
  }
}

package dev.zerolite.pglite.function;

import dev.zerolite.pglite.server.ServerError;

/**
 * A function with one result for each call. It runs on the backend's thread while the other
 * backends of the cluster wait: it must be short, must not block, and must not use the cluster that
 * calls it. Several clusters may call it at the same time.
 */
@FunctionalInterface
public interface ScalarFunction {
  /**
   * @return of the class that belongs to the declared type ({@link SqlType}); null for NULL
   * @throws ServerError to end the statement with an SQLSTATE of its own
   * @throws Exception any other ends the statement with 38000 (external_routine_exception)
   */
  Object call(Arguments arguments) throws Exception;
}

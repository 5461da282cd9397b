package dev.zerolite;

import static java.util.Objects.requireNonNull;

import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** Makes the PostgreSQL that a {@link ZeroLite} puts on a port; tests put a native one there. */
@FunctionalInterface
interface ClusterStarter {
  /**
   * Starts a cluster with {@code wal_level=logical} and a database {@code postgres}.
   *
   * @param config says which role owns everything, and where the files are kept
   */
  RunningCluster start(ZeroLiteConfig config) throws BackendStartException, InterruptedException;

  /**
   * A cluster and the way to end it.
   *
   * @param hasDatabases whether there are zerolite's databases, and the app's, already
   * @param decodingIsTested whether logical decoding is known to work, so that it need not be
   *     tested
   * @param failure completed with the reason if it goes down for good
   * @param stop ends all sessions; always returns
   */
  record RunningCluster(
      BackendStarter backends,
      boolean hasDatabases,
      BooleanSupplier decodingIsTested,
      CompletableFuture<String> failure,
      Runnable stop) {
    public RunningCluster {
      requireNonNull(backends);
      requireNonNull(decodingIsTested);
      requireNonNull(failure);
      requireNonNull(stop);
    }
  }
}

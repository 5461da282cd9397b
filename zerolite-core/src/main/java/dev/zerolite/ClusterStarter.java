package dev.zerolite;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;

/** Makes the PostgreSQL that a {@link ZeroLite} puts on a port; tests put a native one there. */
@FunctionalInterface
interface ClusterStarter {
  /**
   * Starts a cluster with {@code wal_level=logical} and a database {@code postgres}.
   *
   * @param superuser the role that owns everything
   */
  RunningCluster start(String superuser) throws BackendStartException, InterruptedException;

  /**
   * A cluster and the way to end it.
   *
   * @param stop ends all sessions; always returns
   */
  record RunningCluster(BackendStarter backends, Runnable stop) {
    public RunningCluster {
      requireNonNull(backends);
      requireNonNull(stop);
    }
  }
}

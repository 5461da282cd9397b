package dev.zerolite.testing;

import dev.zerolite.pglite.Authentication;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import java.util.Map;

/** A cluster in memory with the superuser {@code postgres}, for the wire server to stand before. */
public final class TestCluster implements AutoCloseable {
  /** The superuser's password; not one that needs no quoting anywhere. */
  public static final String PASSWORD = "pä55 \"word\"";

  private final Cluster cluster;

  private TestCluster(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Starts one with additional settings of postgresql.conf. */
  public static TestCluster start(Authentication authentication, Map<String, String> settings) {
    ClusterOptions options =
        ClusterOptions.inMemory().withPassword(PASSWORD).withAuthentication(authentication);
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      options = options.withSetting(setting.getKey(), setting.getValue());
    }
    try {
      return new TestCluster(Cluster.start(Engine.load(), options));
    } catch (BackendStartException e) {
      throw new IllegalStateException("The cluster for tests did not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  public BackendStarter backends() {
    return cluster;
  }

  @Override
  public void close() {
    cluster.close();
  }
}

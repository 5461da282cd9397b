package dev.zerolite.replication;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import java.util.HashMap;
import java.util.Map;

/** An in-memory cluster behind the wire server. */
final class OurServer implements PgServer {
  private final Cluster cluster;
  private final WireServer wire;

  private OurServer(Cluster cluster, WireServer wire) {
    this.cluster = cluster;
    this.wire = wire;
  }

  static OurServer start(Map<String, String> settings) throws Exception {
    Map<String, String> all = new HashMap<>(SETTINGS);
    all.putAll(settings);
    ClusterOptions options = ClusterOptions.inMemory();
    for (Map.Entry<String, String> setting : all.entrySet()) {
      options = options.withSetting(setting.getKey(), setting.getValue());
    }
    Cluster cluster = Cluster.start(Engine.load(), options);
    try {
      return new OurServer(cluster, WireServer.start(WireConfig.onLoopback(0), cluster));
    } catch (Exception e) {
      cluster.close();
      throw e;
    }
  }

  Cluster cluster() {
    return cluster;
  }

  @Override
  public int port() {
    return wire.port();
  }

  @Override
  public void close() {
    wire.close();
    cluster.close();
  }

  @Override
  public String toString() {
    return "ours";
  }
}

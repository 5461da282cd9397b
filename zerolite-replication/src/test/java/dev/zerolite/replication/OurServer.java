package dev.zerolite.replication;

import dev.zerolite.config.ReplicationMode;
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
  private final TriggerMark mark;
  private final WireServer wire;

  private OurServer(Cluster cluster, TriggerMark mark, WireServer wire) {
    this.cluster = cluster;
    this.mark = mark;
    this.wire = wire;
  }

  static OurServer start(Map<String, String> settings) throws Exception {
    return start(settings, ReplicationMode.DECODING);
  }

  /** Served as zerolite serves it, in the way that the mode says. */
  static OurServer start(Map<String, String> settings, ReplicationMode mode) throws Exception {
    Map<String, String> all = new HashMap<>(SETTINGS);
    all.put("max_slot_wal_keep_size", "-1"); // as natively
    all.putAll(settings);
    ClusterOptions options = ClusterOptions.inMemory();
    for (Map.Entry<String, String> setting : all.entrySet()) {
      options = options.withSetting(setting.getKey(), setting.getValue());
    }
    Cluster cluster = Cluster.start(Engine.load(), options);
    try {
      TriggerMark mark = TriggerMark.ofNewCluster();
      Replication replication = new Replication(cluster, () -> true, mode, mark, "postgres");
      replication.begin("postgres");
      return new OurServer(cluster, mark, WireServer.start(WireConfig.onLoopback(0), replication));
    } catch (Exception e) {
      cluster.close();
      throw e;
    }
  }

  TriggerMark mark() {
    return mark;
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

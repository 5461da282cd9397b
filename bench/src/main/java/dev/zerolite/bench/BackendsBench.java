package dev.zerolite.bench;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import java.util.ArrayList;
import java.util.List;

/**
 * Clusters and backends in a running JVM: how long they take to start, what they hold when idle.
 */
final class BackendsBench {
  private static final int CLUSTERS = 8;
  private static final int BACKENDS = 40;
  private static final int IDLE = 20;
  private static final int ROUNDS = 40;
  private static final int PINGS = 500;

  void run() throws Exception {
    var engine = Engine.load();
    var clusters = new Samples();
    for (int i = 0; i < CLUSTERS; i++) {
      long start = System.nanoTime();
      try (var cluster = Cluster.start(engine, ClusterOptions.inMemory());
          var session = new InProcessSession(cluster)) {
        session.exchange(new Messages().query("select 1").toBytes(), 1);
        clusters.add(System.nanoTime() - start);
      }
    }
    try (var cluster = Cluster.start(engine, ClusterOptions.inMemory())) {
      backends(cluster, clusters);
    }
    for (String buffers : List.of("16MB", "64MB", "256MB")) {
      var options = ClusterOptions.inMemory().withSetting("shared_buffers", buffers);
      try (var cluster = Cluster.start(engine, options)) {
        handOver(cluster, buffers);
      }
    }
  }

  /** A statement that always has to wait for its turn, against one that never has. */
  private static void handOver(Cluster cluster, String buffers) throws Exception {
    try (var one = new InProcessSession(cluster);
        var other = new InProcessSession(cluster)) {
      var alone = new Samples();
      var inTurn = new Samples();
      for (int round = 0; round < ROUNDS; round++) {
        alone.add(ping(one, one));
        inTurn.add(ping(one, other));
      }
      row(
          "select 1, shared_buffers " + buffers + ", one session",
          alone.last(ROUNDS / 2).quantile(0.5) / PINGS,
          "µs");
      row("the same, two sessions in turn", inTurn.last(ROUNDS / 2).quantile(0.5) / PINGS, "µs");
    }
  }

  private static long ping(InProcessSession one, InProcessSession other) throws Exception {
    byte[] statement = new Messages().query("select 1").toBytes();
    long start = System.nanoTime();
    for (int i = 0; i < PINGS; i++) {
      (i % 2 == 0 ? one : other).exchange(statement, 1);
    }
    return System.nanoTime() - start;
  }

  private static void backends(Cluster cluster, Samples clusters) throws Exception {
    var copies = new Samples();
    for (int i = 0; i < CLUSTERS; i++) {
      long start = System.nanoTime();
      try (var copy = cluster.copy("copy");
          var session = new InProcessSession(copy)) {
        session.exchange(new Messages().query("select 1").toBytes(), 1);
        copies.add(System.nanoTime() - start);
      }
    }
    var starts = new Samples();
    for (int i = 0; i < BACKENDS; i++) {
      long start = System.nanoTime();
      try (var session = new InProcessSession(cluster)) {
        session.exchange(new Messages().query("select 1").toBytes(), 1);
        starts.add(System.nanoTime() - start);
      }
    }
    long pid = ProcessHandle.current().pid();
    double heap = Memory.liveMegabytes();
    double resident = Memory.residentMegabytes(pid);
    var idle = new ArrayList<InProcessSession>();
    for (int i = 0; i < IDLE; i++) {
      var session = new InProcessSession(cluster);
      session.exchange(new Messages().query("select count(*) from pg_class").toBytes(), 1);
      idle.add(session);
    }
    double moreHeap = Memory.liveMegabytes() - heap;
    double moreResident = Memory.residentMegabytes(pid) - resident;
    System.out.println("| | measured |\n|---|---|");
    row("first in-memory cluster in this JVM, to its first answer", clusters.get(0) / 1e6, "ms");
    row("a later one, median", clusters.last(CLUSTERS / 2).quantile(0.5) / 1e3, "ms");
    row(
        "a copy of a running cluster, to its first answer, median",
        copies.last(CLUSTERS / 2).quantile(0.5) / 1e3,
        "ms");
    row(
        "a further backend, to its first answer, median",
        starts.last(20).quantile(0.5) / 1e3,
        "ms");
    row("the same, slowest of 20", starts.last(20).quantile(1) / 1e3, "ms");
    row("live heap per idle backend", moreHeap / IDLE, "MB");
    row("resident memory per idle backend", moreResident / IDLE, "MB");
    row(
        "resident memory of the JVM with " + IDLE + " idle backends",
        resident + moreResident,
        "MB");
    for (var session : idle) {
      session.close();
    }
  }

  private static void row(String name, double value, String unit) {
    System.out.printf("| %s | %.1f %s |%n", name, value, unit);
  }
}

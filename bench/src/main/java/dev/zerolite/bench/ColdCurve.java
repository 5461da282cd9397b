package dev.zerolite.bench;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;

/**
 * What the first minute of a process is like: statements in each second, from the first answer on.
 * A third each of inserts, selects and updates by key, unprepared, one at a time.
 */
final class ColdCurve {
  private final NodeProgram node;
  private final int length;

  ColdCurve(NodeProgram node, int length) {
    this.node = node;
    this.length = length;
  }

  void run() throws Exception {
    int[] ours;
    try (var cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        var session = new InProcessSession(cluster)) {
      ours = curve(session);
    }
    int[] pglite;
    try (var session = new NodeSession(node)) {
      pglite = curve(session);
    }
    System.out.println("| second | ours | PGlite | ours / PGlite |\n|---|---|---|---|");
    for (int second = 0; second < length; second++) {
      if (second < 10 || second % 5 == 4) {
        System.out.printf(
            "| %d | %,d/s | %,d/s | %.2f |%n",
            second + 1, ours[second], pglite[second], (double) ours[second] / pglite[second]);
      }
    }
  }

  private int[] curve(Session session) throws Exception {
    session.exchange(Workloads.setup(), Workloads.SETUP_READIES);
    var operations =
        Workloads.operations().entrySet().stream()
            .filter(operation -> operation.getKey().endsWith("unprepared"))
            .map(operation -> operation.getValue())
            .toList();
    var rates = new int[length];
    long start = System.nanoTime();
    for (int i = 0; ; i++) {
      int second = (int) ((System.nanoTime() - start) / 1_000_000_000L);
      if (second >= length) {
        return rates;
      }
      var messages = new Messages();
      operations.get(i % operations.size()).append(messages, i);
      session.exchange(messages.toBytes(), 1);
      rates[second]++;
    }
  }
}

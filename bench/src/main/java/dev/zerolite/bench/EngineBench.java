package dev.zerolite.bench;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Statements per second of one session: ours in process, PGlite in V8, native PostgreSQL over its
 * socket. Small statements go in batches of {@link #BATCH}, so that neither threads nor sockets
 * count; rounds alternate between the peers, and the median of the last third counts.
 */
final class EngineBench {
  private static final int BATCH = 100;
  // Ours needs about a minute of work until HotSpot is done with it.
  private static final int ROUNDS = 18;
  private static final int FEWEST_ROUNDS = 3;
  private static final int LONGEST_SECONDS = 600;

  private final NodeProgram node;
  private final double seconds;

  EngineBench(NodeProgram node, double seconds) {
    this.node = node;
    this.seconds = seconds;
  }

  void run() throws Exception {
    try (var cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        var nativeServer = NativeServer.start();
        var ours = new InProcessSession(cluster);
        var pglite = new NodeSession(node);
        var postgres = nativeServer.endpoint().session()) {
      var peers = new LinkedHashMap<String, Session>();
      peers.put("ours", ours);
      peers.put("PGlite", pglite);
      peers.put("PostgreSQL", postgres);
      var table = new RatioTable(new ArrayList<>(peers.keySet()));
      var rates = measure(peers);
      rates.forEach((name, byPeer) -> table.rates(name, byPeer, "/s"));
      table.print();
    }
  }

  private Map<String, Map<String, Samples>> measure(Map<String, Session> peers) throws Exception {
    var taken = new LinkedHashMap<String, Map<String, Samples>>();
    var operations = Workloads.operations();
    var bulk = Workloads.bulk();
    // On a busy machine statements over many rows take long: fewer rounds then.
    long deadline = System.nanoTime() + (long) (seconds * LONGEST_SECONDS * 1e9);
    for (int round = 0;
        round < ROUNDS && (round < FEWEST_ROUNDS || System.nanoTime() < deadline);
        round++) {
      for (var peer : peers.entrySet()) {
        peer.getValue().exchange(Workloads.setup(), Workloads.SETUP_READIES);
        for (var operation : operations.entrySet()) {
          samples(taken, operation.getKey(), peer.getKey())
              .add(nanosPerStatement(peer.getValue(), operation.getValue()));
        }
        for (var statement : bulk.entrySet()) {
          long nanos =
              peer.getValue().exchange(new Messages().query(statement.getValue()).toBytes(), 1);
          samples(taken, statement.getKey(), peer.getKey()).add(nanos);
        }
        // The unnamed portals and named statements go with the session's table.
        peer.getValue().exchange(new Messages().query("deallocate all").toBytes(), 1);
      }
      System.err.printf("round %d of %d%n", round + 1, ROUNDS);
    }
    taken.remove("drop");
    taken
        .values()
        .forEach(
            byPeer -> byPeer.replaceAll((peer, all) -> all.last(Math.max(1, all.count() / 3))));
    return taken;
  }

  private static Samples samples(
      Map<String, Map<String, Samples>> taken, String name, String peer) {
    return taken
        .computeIfAbsent(name, n -> new LinkedHashMap<>())
        .computeIfAbsent(peer, p -> new Samples());
  }

  private long nanosPerStatement(Session session, Workloads.Operation operation) throws Exception {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    long busy = 0;
    int count = 0;
    while (System.nanoTime() < end) {
      var messages = new Messages();
      for (int i = 0; i < BATCH; i++) {
        operation.append(messages, count++);
      }
      busy += session.exchange(messages.toBytes(), BATCH);
    }
    return busy / count;
  }
}

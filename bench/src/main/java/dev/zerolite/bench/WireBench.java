package dev.zerolite.bench;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What a statement costs from its first byte sent to its last byte received, one at a time on one
 * connection: ours in process and over TCP, native PostgreSQL, PGlite behind pglite-socket.
 */
final class WireBench {
  private static final int ROUNDS = 8;

  private final NodeProgram node;
  private final double seconds;

  WireBench(NodeProgram node, double seconds) {
    this.node = node;
    this.seconds = seconds;
  }

  void run() throws Exception {
    var pgliteSocket = node.start("socket.mjs");
    try (var cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        var server = OurServer.start();
        var nativeServer = NativeServer.start();
        var inProcess = new InProcessSession(cluster);
        var ours = server.endpoint().session();
        var postgres = nativeServer.endpoint().session();
        var pglite = pgliteSocket(pgliteSocket).session()) {
      var sessions = new LinkedHashMap<String, Session>();
      sessions.put("ours, in process", inProcess);
      sessions.put("ours, TCP", ours);
      sessions.put("PostgreSQL, TCP", postgres);
      sessions.put("PGlite, pglite-socket", pglite);
      print(sessions);
    } finally {
      pgliteSocket.destroy();
    }
  }

  private static Endpoint pgliteSocket(Process process) throws Exception {
    // Not closed: the process lives as long as its pipes.
    var out = new BufferedReader(new InputStreamReader(process.getInputStream()));
    return new Endpoint(
        "pglite-socket",
        "jdbc:postgresql://127.0.0.1:%s/postgres".formatted(out.readLine()),
        "postgres",
        "postgres");
  }

  private void print(Map<String, Session> sessions) throws Exception {
    var header = new StringJoiner(" | ", "| p50 / p99 in µs | ", " |");
    sessions.keySet().forEach(header::add);
    System.out.println(header + "\n|---|" + "---|".repeat(sessions.size()));
    for (var session : sessions.values()) {
      session.exchange(Workloads.setup(), Workloads.SETUP_READIES);
    }
    for (var operation : Workloads.operations().entrySet()) {
      var row = new StringJoiner(" | ", "| " + operation.getKey() + " | ", " |");
      var taken = new LinkedHashMap<String, Samples>();
      for (int round = 0; round < ROUNDS; round++) {
        for (var session : sessions.entrySet()) {
          taken.put(session.getKey(), once(session.getValue(), operation.getValue()));
        }
      }
      taken.forEach(
          (name, samples) ->
              row.add(
                  String.format(
                      Locale.ROOT, "%.0f / %.0f", samples.quantile(0.5), samples.quantile(0.99))));
      System.out.println(row);
    }
  }

  private Samples once(Session session, Workloads.Operation operation) throws Exception {
    var samples = new Samples();
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      var messages = new Messages();
      operation.append(messages, samples.count());
      samples.add(session.exchange(messages.toBytes(), 1));
    }
    return samples;
  }
}

package dev.zerolite.bench;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What a statement costs from its first byte sent to its last byte received, one at a time on one
 * connection: ours in process and over TCP (two sessions of one cluster), native PostgreSQL, PGlite
 * behind pglite-socket. For ours also the processor time of all threads, the client's too, which
 * depends less on what else the machine does.
 */
final class WireBench {
  private static final int ROUNDS = 8;
  private static final String IN_PROCESS = "ours, in process";
  private static final String TCP = "ours, TCP";

  private final NodeProgram node;
  private final double seconds;

  WireBench(NodeProgram node, double seconds) {
    this.node = node;
    this.seconds = seconds;
  }

  void run() throws Exception {
    var pgliteSocket = node.start("socket.mjs");
    try (var cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        var server = WireServer.start(WireConfig.onLoopback(0), cluster);
        var nativeServer = NativeServer.start();
        var inProcess = new InProcessSession(cluster);
        var ours = at("zerolite", server.port()).session();
        var postgres = nativeServer.endpoint().session();
        var pglite = at("pglite-socket", port(pgliteSocket)).session()) {
      var sessions = new LinkedHashMap<String, Session>();
      sessions.put(IN_PROCESS, inProcess);
      sessions.put(TCP, ours);
      sessions.put("PostgreSQL, TCP", postgres);
      sessions.put("PGlite, pglite-socket", pglite);
      print(sessions);
    } finally {
      pgliteSocket.destroy();
    }
  }

  private static Endpoint at(String name, int port) {
    return new Endpoint(
        name, "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(port), "postgres", "postgres");
  }

  private static int port(Process process) throws IOException {
    // Not closed: the process lives as long as its pipes.
    return Integer.parseInt(
        new BufferedReader(new InputStreamReader(process.getInputStream())).readLine());
  }

  private void print(Map<String, Session> sessions) throws Exception {
    var header = new StringJoiner(" | ", "| p50 / p99 in µs | ", " |");
    sessions.keySet().forEach(header::add);
    header.add("TCP - in process, p50").add("CPU time in process, TCP");
    System.out.println(header + "\n|---|" + "---|".repeat(sessions.size() + 2));
    for (var session : sessions.values()) {
      session.exchange(Workloads.setup(), Workloads.SETUP_READIES);
    }
    for (var operation : Workloads.operations().entrySet()) {
      var row = new StringJoiner(" | ", "| " + operation.getKey() + " | ", " |");
      var taken = new LinkedHashMap<String, Round>();
      for (int round = 0; round < ROUNDS; round++) {
        for (var session : sessions.entrySet()) {
          // the last one counts
          taken.put(session.getKey(), once(session.getValue(), operation.getValue()));
        }
      }
      taken.values().forEach(round -> row.add(round.p50and99()));
      Round inProcess = taken.get(IN_PROCESS);
      Round tcp = taken.get(TCP);
      row.add(format("%.0f", tcp.samples().quantile(0.5) - inProcess.samples().quantile(0.5)));
      row.add(format("%.0f, %.0f", inProcess.cpuMicros(), tcp.cpuMicros()));
      System.out.println(row);
    }
  }

  /** What was measured with one session at a stretch, and this process's CPU time for each. */
  private record Round(Samples samples, double cpuMicros) {
    String p50and99() {
      return format("%.0f / %.0f", samples.quantile(0.5), samples.quantile(0.99));
    }
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private Round once(Session session, Workloads.Operation operation) throws Exception {
    var samples = new Samples();
    long cpu = Machine.cpuNanos();
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      var messages = new Messages();
      operation.append(messages, samples.count());
      samples.add(session.exchange(messages.toBytes(), 1));
    }
    return new Round(samples, (Machine.cpuNanos() - cpu) / 1e3 / samples.count());
  }
}

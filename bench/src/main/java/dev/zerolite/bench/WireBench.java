package dev.zerolite.bench;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * What a statement costs from its first byte sent to its last byte received, one at a time on one
 * connection: ours in process and over TCP (two sessions of one cluster), native PostgreSQL, PGlite
 * behind pglite-socket. For ours also the processor time of all threads, the client's too, which
 * depends less on what else the machine does. Medians of the second half of the rounds.
 */
final class WireBench {
  /** Even; the first half warms up. */
  private static final int ROUNDS = 12;

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
      var taken = new LinkedHashMap<String, List<Round>>();
      for (int round = 0; round < ROUNDS; round++) {
        for (var session : sessions.entrySet()) {
          Round measured = once(session.getValue(), operation.getValue());
          if (round >= ROUNDS / 2) {
            taken.computeIfAbsent(session.getKey(), name -> new ArrayList<>()).add(measured);
          }
        }
      }
      for (var rounds : taken.values()) {
        row.add(format("%.0f / %.0f", median(rounds, Round::p50), median(rounds, Round::p99)));
      }
      var inProcess = taken.get(IN_PROCESS);
      var tcp = taken.get(TCP);
      // round by round, since what else the machine does changes between them
      row.add(
          format(
              "%.0f",
              median(
                  IntStream.range(0, tcp.size())
                      .mapToDouble(i -> tcp.get(i).p50() - inProcess.get(i).p50()))));
      row.add(
          format("%.0f, %.0f", median(inProcess, Round::cpuMicros), median(tcp, Round::cpuMicros)));
      System.out.println(row);
    }
  }

  /** What was measured with one session at a stretch, and this process's CPU time for each. */
  private record Round(double p50, double p99, double cpuMicros) {}

  private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
    return median(rounds.stream().mapToDouble(value));
  }

  private static double median(DoubleStream values) {
    var sorted = values.sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
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
    return new Round(
        samples.quantile(0.5),
        samples.quantile(0.99),
        (Machine.cpuNanos() - cpu) / 1e3 / samples.count());
  }
}

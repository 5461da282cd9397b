package dev.zerolite.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** A Markdown table whose first peer is ours, with its ratio to each other one. */
final class RatioTable {
  private final List<String> peers;
  private final StringBuilder text = new StringBuilder();

  RatioTable(List<String> peers) {
    this.peers = List.copyOf(peers);
    var header = new StringJoiner(" | ", "| ", " |\n").add("");
    peers.forEach(header::add);
    peers.stream().skip(1).forEach(peer -> header.add("ours / " + peer));
    text.append(header).append("|").append("---|".repeat(2 * peers.size())).append('\n');
  }

  /** A row from durations, shown as rates: more is better. */
  void rates(String name, Map<String, Samples> byPeer, String unit) {
    var row = new StringJoiner(" | ", "| ", " |\n").add(name);
    for (var peer : peers) {
      row.add(shown(1e6 / byPeer.get(peer).quantile(0.5)) + unit);
    }
    for (var peer : peers.subList(1, peers.size())) {
      row.add(
          String.format(
              Locale.ROOT,
              "%.2f",
              byPeer.get(peer).quantile(0.5) / byPeer.get(peers.get(0)).quantile(0.5)));
    }
    text.append(row);
  }

  /** A row of figures with one ratio to each peer. */
  void values(String name, double[] values, String unit) {
    var row = new StringJoiner(" | ", "| ", " |\n").add(name);
    for (double value : values) {
      row.add(shown(value) + " " + unit);
    }
    for (int i = 1; i < values.length; i++) {
      row.add(String.format(Locale.ROOT, "%.2f", values[0] / values[i]));
    }
    text.append(row);
  }

  void print() {
    System.out.print(text);
  }

  private static String shown(double value) {
    return value >= 100
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.2f", value);
  }
}

package dev.zerolite.pglite.isolation;

import dev.zerolite.pglite.testing.WireClient;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The tables of the stress, and what they must hold when it is over. */
final class StressSchema {
  static final int ACCOUNTS = 40;

  /** So few that transfers between them often deadlock. */
  static final int HOT_ACCOUNTS = 4;

  static final int BALANCE = 1000;
  static final int PAIRS = 3;

  private static final List<String> STATEMENTS =
      List.of(
          "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL)",
          "INSERT INTO account SELECT g, %d FROM generate_series(0, %d) g"
              .formatted(BALANCE, ACCOUNTS - 1),
          """
          CREATE TABLE history (id bigserial PRIMARY KEY, f int NOT NULL REFERENCES account,
            t int NOT NULL REFERENCES account, amount int NOT NULL, note text DEFAULT 'v')""",
          "CREATE INDEX history_f ON history (f)",
          "CREATE TABLE duty (pair int, member int, active bool NOT NULL, PRIMARY KEY (pair, member))",
          "INSERT INTO duty SELECT p, m, true FROM generate_series(0, %d) p, generate_series(0, 1) m"
              .formatted(PAIRS - 1),
          "CREATE TABLE pad (id bigserial PRIMARY KEY, w int NOT NULL, s text)",
          "CREATE INDEX pad_w ON pad (w)",
          "CREATE TABLE uniq (k int PRIMARY KEY, w int NOT NULL)",
          "CREATE TABLE queue (id bigserial PRIMARY KEY)",
          "CREATE TABLE done (id bigint PRIMARY KEY)",
          "CREATE TABLE counter (n int NOT NULL)",
          "INSERT INTO counter VALUES (0)");

  private final WireClient client;

  StressSchema(WireClient client) {
    this.client = client;
  }

  void create() throws InterruptedException {
    for (String statement : STATEMENTS) {
      client.rows(statement);
    }
  }

  /** What does not fit the number of committed actions; by name, found and wanted. */
  Map<String, String> mismatches(Map<String, Integer> committed) throws InterruptedException {
    Map<String, String> mismatches = new TreeMap<>();
    check(mismatches, "SELECT sum(balance) FROM account", ACCOUNTS * BALANCE);
    check(mismatches, "SELECT count(*) FROM history", committed.getOrDefault("transfer", 0));
    check(
        mismatches,
        """
        SELECT count(*) FROM account a WHERE balance <> %d
          - coalesce((SELECT sum(amount) FROM history WHERE f = a.id), 0)
          + coalesce((SELECT sum(amount) FROM history WHERE t = a.id), 0)"""
            .formatted(BALANCE),
        0);
    check(
        mismatches,
        "SELECT count(*) FROM (SELECT FROM duty GROUP BY pair HAVING NOT bool_or(active)) x",
        0);
    check(
        mismatches,
        "SELECT count(*) FROM pad WHERE length(s) >= 500",
        20 * committed.getOrDefault("savepoint", 0));
    check(mismatches, "SELECT count(*) FROM pad WHERE s = 'gone'", 0);
    check(mismatches, "SELECT count(*) FROM uniq", committed.getOrDefault("unique", 0));
    check(mismatches, "SELECT n FROM counter", committed.getOrDefault("advisory", 0));
    check(
        mismatches,
        "SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM done)",
        committed.getOrDefault("queue", 0));
    check(
        mismatches,
        "SELECT count(*) FROM pg_class WHERE relname ~ '^(own|guest)_' AND relkind = 'r'",
        0);
    return mismatches;
  }

  private void check(Map<String, String> mismatches, String query, long wanted)
      throws InterruptedException {
    String found = client.value(query);
    if (!found.equals(String.valueOf(wanted))) {
      mismatches.put(query, found + " instead of " + wanted);
    }
  }
}

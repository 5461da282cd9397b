package dev.zerolite.pglite.stress;

import dev.zerolite.pglite.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The tables of the stress, and what they must hold whenever nobody writes: what the journal says.
 */
final class StressSchema {
  static final int ACCOUNTS = 40;

  /** So few that transfers between them often deadlock. */
  static final int HOT_ACCOUNTS = 4;

  static final int BALANCE = 1000;
  static final int PAIRS = 3;

  private static final List<String> STATEMENTS =
      List.of(
          "CREATE TABLE journal (worker int, seq int, action text NOT NULL, PRIMARY KEY (worker, seq))",
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

  /** Makes the tables in one transaction, unless they are there. */
  void createIfMissing() throws InterruptedException {
    if (client.value("SELECT to_regclass('journal') IS NULL").equals("t")) {
      client.rows(String.join(";", STATEMENTS));
    }
  }

  /** Removes what DDL outside of transactions leaves when its session is killed. */
  void tidy() throws InterruptedException {
    for (List<String> left :
        client.rows(
            """
            SELECT 'DROP TABLE ' || oid::regclass FROM pg_class
            WHERE relname LIKE 'own\\_%' AND relkind = 'r'
            UNION ALL
            SELECT 'DROP INDEX ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid""")) {
      client.rows(left.get(0));
    }
  }

  /** The number of each worker's last transaction. */
  Map<Integer, Integer> last() throws InterruptedException {
    Map<Integer, Integer> last = new TreeMap<>();
    for (List<String> row : client.rows("SELECT worker, max(seq) FROM journal GROUP BY 1")) {
      last.put(Integer.valueOf(row.get(0)), Integer.valueOf(row.get(1)));
    }
    return last;
  }

  /** How many transactions of each kind the journal has. */
  Map<String, Integer> journal() throws InterruptedException {
    Map<String, Integer> counts = new TreeMap<>();
    for (List<String> row : client.rows("SELECT action, count(*) FROM journal GROUP BY 1")) {
      counts.put(row.get(0), Integer.valueOf(row.get(1)));
    }
    return counts;
  }

  /** What does not fit the journal, as SQL and its result. */
  List<String> mismatches() throws InterruptedException {
    List<String> mismatches = new ArrayList<>();
    check(
        mismatches,
        "SELECT count(*) FROM (SELECT FROM journal GROUP BY worker HAVING count(*) <> max(seq)) x",
        "0");
    check(mismatches, "SELECT sum(balance) FROM account", String.valueOf(ACCOUNTS * BALANCE));
    check(mismatches, "SELECT count(*) FROM history", journal("transfer", 1));
    check(
        mismatches,
        """
        SELECT count(*) FROM account a WHERE balance <> %d
          - coalesce((SELECT sum(amount) FROM history WHERE f = a.id), 0)
          + coalesce((SELECT sum(amount) FROM history WHERE t = a.id), 0)"""
            .formatted(BALANCE),
        "0");
    check(
        mismatches,
        "SELECT count(*) FROM (SELECT FROM duty GROUP BY pair HAVING NOT bool_or(active)) x",
        "0");
    check(mismatches, "SELECT count(*) FROM pad WHERE length(s) >= 500", journal("savepoint", 20));
    check(mismatches, "SELECT count(*) FROM pad WHERE s = 'gone'", "0");
    check(mismatches, "SELECT count(*) FROM uniq", journal("unique", 1));
    check(mismatches, "SELECT n FROM counter", journal("advisory", 1));
    check(
        mismatches,
        "SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM done)",
        journal("queue", 1));
    check(
        mismatches,
        "SELECT count(*) FROM pg_class WHERE relname ~ '^(own|guest)_' AND relkind = 'r'",
        "0");
    return mismatches;
  }

  private String journal(String action, int times) throws InterruptedException {
    return client.value(
        "SELECT count(*) * %d FROM journal WHERE action = '%s'".formatted(times, action));
  }

  private void check(List<String> mismatches, String query, String wanted)
      throws InterruptedException {
    String found = client.value(query);
    if (!found.equals(wanted)) {
      mismatches.add(query + ": " + found + " instead of " + wanted);
    }
  }
}

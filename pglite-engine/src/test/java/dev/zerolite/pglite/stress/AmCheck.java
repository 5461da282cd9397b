package dev.zerolite.pglite.stress;

import dev.zerolite.pglite.testing.WireClient;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs amcheck over everything in a database, the catalogs included: every b-tree index against its
 * table, every GIN index, every table with its TOAST table and its visibility map.
 */
final class AmCheck {
  static final String B_TREES =
      """
      SELECT c.oid::regclass::text, i.indisunique FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_am m ON m.oid = c.relam
      WHERE m.amname = 'btree' AND i.indisvalid AND c.relpersistence <> 't' ORDER BY 1""";

  static final String GINS =
      """
      SELECT c.oid::regclass::text FROM pg_class c JOIN pg_am m ON m.oid = c.relam
      WHERE m.amname = 'gin' AND c.relkind = 'i' ORDER BY 1""";

  static final String TABLES =
      """
      SELECT c.oid::regclass::text FROM pg_class c
      WHERE c.relkind IN ('r', 'm', 't', 'S') AND c.relpersistence <> 't' ORDER BY 1""";

  private final WireClient client;
  private final List<String> faults = new ArrayList<>();
  private int checked;

  AmCheck(WireClient client) {
    this.client = client;
  }

  /** What is wrong; empty if nothing is. */
  List<String> run() throws InterruptedException {
    client.rows("CREATE EXTENSION IF NOT EXISTS amcheck");
    for (List<String> index : client.rows(B_TREES)) {
      check("SELECT bt_index_check('%s', true, '%s')".formatted(index.get(0), index.get(1)));
    }
    for (List<String> index : client.rows(GINS)) {
      check("SELECT gin_index_check('%s')".formatted(index.get(0)));
    }
    for (List<String> table : client.rows(TABLES)) {
      String sql = "SELECT * FROM verify_heapam('%s', check_toast => true)".formatted(table.get(0));
      for (List<String> fault : check(sql)) {
        faults.add(table.get(0) + ": " + fault);
      }
    }
    return faults;
  }

  private List<List<String>> check(String sql) throws InterruptedException {
    checked++;
    try {
      return client.rows(sql);
    } catch (WireClient.SqlFailure e) {
      faults.add(e.getMessage());
      return List.of();
    }
  }

  /** How many relations were checked. */
  int checked() {
    return checked;
  }
}

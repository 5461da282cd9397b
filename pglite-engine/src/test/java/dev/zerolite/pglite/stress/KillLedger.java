package dev.zerolite.pglite.stress;

import dev.zerolite.pglite.SqlSession;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the killed writers leave, and what must be true of it. Every transaction writes a row into
 * {@code ledger}, numbered by its writer without gaps, that tells what else it did.
 */
final class KillLedger {
  static final int ACCOUNTS = 20;
  private static final int BALANCE = 1000;

  private final SqlSession sql;

  KillLedger(SqlSession sql) {
    this.sql = sql;
  }

  /** One transaction; a cluster that was killed before it has nothing. */
  void createIfMissing() throws Exception {
    sql.query(
        """
        CREATE EXTENSION IF NOT EXISTS amcheck;
        CREATE TABLE IF NOT EXISTS ledger
          (worker int, seq int, kind text, rows int, target int, PRIMARY KEY (worker, seq));
        CREATE TABLE IF NOT EXISTS item
          (worker int, seq int, i int, copies int, v text, PRIMARY KEY (worker, seq, i));
        CREATE INDEX IF NOT EXISTS item_by_value ON item (md5(v));
        CREATE TABLE IF NOT EXISTS account (id int PRIMARY KEY, balance int);
        INSERT INTO account SELECT i, %d FROM generate_series(1, %d) i ON CONFLICT DO NOTHING
        """
            .formatted(BALANCE, ACCOUNTS));
  }

  /** The last number of each writer. */
  Map<Integer, Integer> last() throws Exception {
    Map<Integer, Integer> last = new HashMap<>();
    for (List<String> row : sql.query("SELECT worker, max(seq) FROM ledger GROUP BY 1")) {
      last.put(Integer.valueOf(row.get(0)), Integer.valueOf(row.get(1)));
    }
    return last;
  }

  /**
   * Checks everything.
   *
   * @param acknowledged the last number of each writer whose COMMIT was answered
   * @return what is wrong; empty if nothing is
   */
  List<String> faults(Map<Integer, Integer> acknowledged) throws Exception {
    List<String> faults = KilledProgram.lost(acknowledged, last());
    none(
        faults,
        "numbers are missing",
        "SELECT worker, count(*), max(seq) FROM ledger GROUP BY 1 HAVING count(*) <> max(seq)");
    none(
        faults,
        "half a transaction",
        """
        SELECT worker, seq, l.rows, i.rows FROM ledger l
        FULL JOIN (SELECT worker, seq, count(*) AS rows FROM item GROUP BY 1, 2) i
          USING (worker, seq)
        WHERE coalesce(l.rows, 0) <> coalesce(i.rows, 0) AND l.kind IS DISTINCT FROM 'create'""");
    none(
        faults,
        "other values",
        "SELECT worker, seq, i FROM item WHERE v <> repeat(md5(worker || '.' || seq || '.' || i), copies)");
    none(
        faults,
        "money was made or lost",
        "SELECT sum(balance) FROM account HAVING sum(balance) <> " + ACCOUNTS * BALANCE);
    checkTables(faults);
    checkStructure(faults);
    return faults;
  }

  private void none(List<String> faults, String fault, String query) throws Exception {
    for (List<String> row : sql.query(query)) {
      faults.add(fault + ": " + row);
    }
  }

  static String table(int worker, int seq) {
    return "made_" + worker + "_" + seq;
  }

  private void checkTables(List<String> faults) throws Exception {
    Map<String, String> wanted = new HashMap<>();
    for (List<String> row :
        sql.query(
            "SELECT worker, seq, rows FROM ledger c WHERE kind = 'create' AND NOT EXISTS"
                + " (FROM ledger d WHERE d.kind = 'drop' AND d.worker = c.worker AND d.target = c.seq)"
                    .replace("(FROM", "(SELECT FROM"))) {
      wanted.put("made_" + row.get(0) + "_" + row.get(1), row.get(2));
    }
    Set<String> found = new TreeSet<>();
    for (List<String> row :
        sql.query("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'made\\_%'")) {
      found.add(row.get(0));
    }
    if (!found.equals(new TreeSet<>(wanted.keySet()))) {
      faults.add(
          "tables " + new TreeSet<>(wanted.keySet()) + " should be there, there are " + found);
    }
    for (String table : found) {
      String rows = sql.query("SELECT count(*) FROM " + table).get(0).get(0);
      if (!rows.equals(wanted.get(table))) {
        faults.add("%s has %s rows instead of %s".formatted(table, rows, wanted.get(table)));
      }
    }
  }

  /** Every index against its table, every table's pages, the catalogs' too. */
  private void checkStructure(List<String> faults) throws Exception {
    try {
      sql.query(
          """
          SELECT bt_index_parent_check(c.oid, true, true) FROM pg_index i
          JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
          WHERE a.amname = 'btree' AND c.relpersistence <> 't' AND i.indisvalid""");
    } catch (SqlSession.SqlException e) {
      faults.add("an index: " + e.getMessage());
    }
    none(
        faults,
        "a page",
        """
        SELECT c.relname, v.* FROM pg_class c, verify_heapam(c.oid) v
        WHERE c.relkind IN ('r', 't', 'm') AND c.relpersistence <> 't'""");
  }
}

package dev.zerolite.pglite.stress;

import dev.zerolite.pglite.testing.WireClient;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares every b-tree index of a database, the catalogs' included, with its table: the rows an
 * index scan finds must be those a sequential scan finds, and must come in order: what {@link
 * AmCheck} says of pages and keys, said by the executor.
 */
final class IndexCheck {
  /** Indexes whose columns are columns of the table; the columns as text that SQL can use. */
  private static final String INDEXES =
      """
      SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text,
        (SELECT string_agg(quote_ident(a.attname) || CASE WHEN i.indoption[k.n - 1] & 1 = 1 THEN ' DESC' ELSE '' END, ', ' ORDER BY k.n)
           FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
        JOIN pg_class t ON t.oid = i.indrelid
      WHERE m.amname = 'btree' AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
        AND t.relkind IN ('r', 'm', 't') AND t.relpersistence <> 't'
      ORDER BY 1""";

  private final WireClient client;
  private final List<String> faults = new ArrayList<>();
  private int checked;

  IndexCheck(WireClient client) {
    this.client = client;
  }

  /** What is wrong; empty if nothing is. */
  List<String> run() throws InterruptedException {
    client.rows("SET enable_bitmapscan = off");
    for (List<String> index : client.rows(INDEXES)) {
      check(index.get(0), index.get(1), index.get(2));
    }
    return faults;
  }

  private void check(String index, String table, String columns) throws InterruptedException {
    String plain = columns.replace(" DESC", "");
    String digest =
        """
        SELECT count(*), coalesce(sum(hashtextextended(ROW(%s)::text, 0)), 0)
        FROM (SELECT %s FROM %s %s OFFSET 0) x""";
    client.rows("SET enable_seqscan = on");
    client.rows("SET enable_sort = on");
    client.rows("SET enable_indexscan = off");
    client.rows("SET enable_indexonlyscan = off");
    String bySequentialScan = client.rows(digest.formatted(plain, plain, table, "")).toString();
    client.rows("SET enable_indexscan = on");
    client.rows("SET enable_indexonlyscan = on");
    client.rows("SET enable_seqscan = off");
    client.rows("SET enable_sort = off");
    String indexQuery = digest.formatted(plain, plain, table, "ORDER BY " + columns);
    String plan = client.rows("EXPLAIN " + indexQuery).toString();
    if (!plan.contains("Index")) {
      faults.add(index + " is not used: " + plan);
      return;
    }
    String byIndexScan = client.rows(indexQuery).toString();
    checked++;
    if (!byIndexScan.equals(bySequentialScan)) {
      faults.add("%s: %s by index, %s by table".formatted(index, byIndexScan, bySequentialScan));
    }
  }

  /** How many indexes were compared. */
  int checked() {
    return checked;
  }
}

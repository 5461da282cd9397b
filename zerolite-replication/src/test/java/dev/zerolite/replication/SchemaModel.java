package dev.zerolite.replication;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tables that a session sees just now. */
final class SchemaModel {
  /** With an underscore for arrays, as in pg_type. */
  record Column(String name, String type, boolean notNull, boolean generated) {}

  /**
   * @param name qualified and quoted
   * @param kind relkind
   */
  record Table(String name, char kind, boolean partition, List<Column> columns) {
    List<Column> writable() {
      return columns.stream().filter(column -> !column.generated()).toList();
    }
  }

  private static final String QUERY =
      """
      SELECT format('%I.%I', n.nspname, c.relname), c.relkind, c.relispartition, a.attname,
        t.typname, a.attnotnull, a.attgenerated <> '' OR a.attidentity = 'a'
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
      WHERE n.nspname IN ('public', 'app', 'Odd "N ame') AND c.relkind IN ('r', 'p')
        AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY n.nspname, c.relname, a.attnum""";

  private final List<Table> tables;

  private SchemaModel(List<Table> tables) {
    this.tables = tables;
  }

  static SchemaModel read(ServerPair session) throws IOException {
    Map<String, Table> tables = new LinkedHashMap<>();
    for (List<String> row : session.reference().rows(QUERY)) {
      tables
          .computeIfAbsent(
              row.get(0),
              name ->
                  new Table(name, row.get(1).charAt(0), row.get(2).equals("t"), new ArrayList<>()))
          .columns()
          .add(new Column(row.get(3), row.get(4), row.get(5).equals("t"), row.get(6).equals("t")));
    }
    return new SchemaModel(List.copyOf(tables.values()));
  }

  List<Table> tables() {
    return tables;
  }
}

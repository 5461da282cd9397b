package dev.zerolite.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** The statements of the engine's benchmark; the same bytes for every peer. */
final class Workloads {
  static final int BULK_ROWS = 200_000;
  private static final int ROWS = 10_000;

  /** Builds one statement, given a number that grows. */
  interface Operation {
    void append(Messages messages, int number);
  }

  private Workloads() {}

  static byte[] setup() {
    return new Messages()
        .query(
            "drop table if exists bench; create table bench (id int primary key, a int, t text);"
                + " insert into bench select i, i, 'text ' || i from generate_series(1, "
                + ROWS
                + ") i; analyze bench")
        .parse("insert", INSERT)
        .parse("select", SELECT)
        .parse("update", UPDATE)
        .sync()
        .toBytes();
  }

  /** How many ReadyForQuery messages {@link #setup} is answered with. */
  static final int SETUP_READIES = 2;

  private static final String INSERT = "insert into bench (id, a, t) values ($1, $2, $3)";
  private static final String SELECT = "select id, a, t from bench where id = $1";
  private static final String UPDATE = "update bench set a = a + 1 where id = $1";

  /** Each ends with Sync, a transaction of its own. */
  static Map<String, Operation> operations() {
    // New keys for every peer and round.
    var key = new AtomicInteger(1_000_000);
    var operations = new LinkedHashMap<String, Operation>();
    operations.put(
        "insert, prepared",
        (m, n) -> m.bind("insert", key.incrementAndGet(), n, "text " + n).execute().sync());
    operations.put(
        "pk select, prepared", (m, n) -> m.bind("select", 1 + n % ROWS).execute().sync());
    operations.put("update, prepared", (m, n) -> m.bind("update", 1 + n % ROWS).execute().sync());
    operations.put(
        "insert, unprepared",
        (m, n) ->
            m.parse("", INSERT)
                .bind("", key.incrementAndGet(), n, "text " + n)
                .describePortal()
                .execute()
                .sync());
    operations.put(
        "pk select, unprepared",
        (m, n) -> m.parse("", SELECT).bind("", 1 + n % ROWS).describePortal().execute().sync());
    operations.put(
        "update, unprepared",
        (m, n) -> m.parse("", UPDATE).bind("", 1 + n % ROWS).describePortal().execute().sync());
    return operations;
  }

  /** Statements over many rows, in this order. */
  static Map<String, String> bulk() {
    var bulk = new LinkedHashMap<String, String>();
    bulk.put(
        "drop",
        "drop table if exists big; create table big (id int primary key, g int, v float8, t text)");
    bulk.put(
        "insert 200k rows",
        "insert into big select i, i % 1000, i * 0.5, 'row ' || i from generate_series(1, "
            + BULK_ROWS
            + ") i");
    bulk.put("aggregate", "select count(*), sum(v), avg(id), max(t) from big");
    bulk.put("group by", "select g, count(*), sum(v) from big group by g");
    bulk.put("create index", "create index on big (v)");
    return bulk;
  }
}

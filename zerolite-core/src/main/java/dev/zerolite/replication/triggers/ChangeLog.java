package dev.zerolite.replication.triggers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.SqlSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The tables and functions of install.sql in one database, seen by a superuser's session of its
 * own. Used by one thread at a time.
 *
 * <p>A slot is a physical one of PostgreSQL's, so that pg_replication_slots shows it,
 * pg_drop_replication_slot() drops it and WAL is kept for it as for any; its consumer's position is
 * beside it.
 */
final class ChangeLog implements AutoCloseable {
  private static final String COLUMNS = "seq, kind, relation, old, new, encode(content, 'hex')";
  private static final int CHANGES_AT_ONCE = 1000;
  private static final int TRANSACTIONS_AT_ONCE = 100;

  /** Of a transaction's changes, that are read together with those of others. */
  private static final int FIRST_CHANGES = 50;

  private final SqlSession session;

  private ChangeLog(SqlSession session) {
    this.session = session;
  }

  static ChangeLog open(BackendStarter cluster, String superuser, String database)
      throws ReplicationException, InterruptedException {
    try {
      ChangeLog log =
          new ChangeLog(
              SqlSession.open(
                  cluster,
                  Map.of(
                      "user",
                      superuser,
                      "database",
                      database,
                      "client_encoding",
                      "UTF8",
                      "application_name",
                      "zerolite replication")));
      // what it makes is nobody's business but its own
      log.query("SET event_triggers = off; SET synchronous_commit = on; SET lock_timeout = 0;");
      return log;
    } catch (BackendStartException e) {
      throw new ReplicationException(e.sqlState(), e.getMessage());
    }
  }

  /** Makes what is missing, and the triggers for what is published now. */
  void install() throws ReplicationException, InterruptedException {
    query(script("install.sql"));
  }

  boolean isInstalled() throws ReplicationException, InterruptedException {
    return isTrue("SELECT to_regclass('zerolite_replication.slot') IS NOT NULL");
  }

  /** Takes everything back, the slots too. */
  void uninstall() throws ReplicationException, InterruptedException {
    query(
        "SELECT pg_drop_replication_slot(name) FROM zerolite_replication.live_slot;"
            + script("uninstall.sql"));
  }

  /** Drops this database's logical slots, and cuts off who reads from them. */
  List<String> dropLogicalSlots() throws ReplicationException, InterruptedException {
    final int millis = 5000;
    query(
        "SELECT pg_terminate_backend(active_pid, %d) FROM pg_replication_slots WHERE database = current_database() AND active"
            .formatted(millis));
    List<String> names = new ArrayList<>();
    for (List<String> row :
        query(
            "SELECT slot_name, pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                + " WHERE database = current_database() AND NOT active")) {
      names.add(row.get(0));
    }
    return names;
  }

  void cleanUp() throws ReplicationException, InterruptedException {
    query("SELECT zerolite_replication.clean_up()");
  }

  boolean mayReplicate(String user) throws ReplicationException, InterruptedException {
    return isTrue(
        "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = " + literal(user));
  }

  /** systemid, timeline, xlogpos and dbname. */
  List<String> identifySystem() throws ReplicationException, InterruptedException {
    return query(
            "SELECT system_identifier, timeline_id, pg_current_wal_flush_lsn(), current_database()"
                + " FROM pg_control_system(), pg_control_checkpoint()")
        .get(0);
  }

  /**
   * Makes a slot that keeps everything until it is told what its consumer has seen.
   *
   * @return a position before all that is committed from now on
   */
  long reserve(String slot) throws ReplicationException, InterruptedException {
    query("SELECT pg_create_physical_replication_slot(%s, true)".formatted(literal(slot)));
    query(
        "INSERT INTO zerolite_replication.slot (name) VALUES (%s) ON CONFLICT (name) DO UPDATE SET seen = NULL, confirmed = NULL"
            .formatted(literal(slot)));
    return Lsn.parse(query("SELECT pg_current_wal_insert_lsn()").get(0).get(0));
  }

  /** Begins the slot's stream behind a snapshot. */
  void beginBehind(String slot, String snapshot, long position)
      throws ReplicationException, InterruptedException {
    query(
        "UPDATE zerolite_replication.slot SET seen = %s, confirmed = %s WHERE name = %s"
            .formatted(literal(snapshot), literal(Lsn.format(position)), literal(slot)));
  }

  void drop(String slot) throws ReplicationException, InterruptedException {
    query("SELECT pg_drop_replication_slot(%s)".formatted(literal(slot)));
    cleanUp();
  }

  /** Where the slot's stream goes on. */
  long confirmed(String slot) throws ReplicationException, InterruptedException {
    List<List<String>> rows =
        isInstalled()
            ? query(
                "SELECT confirmed, wal_status FROM zerolite_replication.live_slot WHERE name = "
                    + literal(slot))
            : List.of();
    if (rows.isEmpty()) {
      String exists =
          query("SELECT count(*) FROM pg_replication_slots WHERE slot_name = " + literal(slot))
              .get(0)
              .get(0);
      throw exists.equals("0")
          ? new ReplicationException(
              "42704", "replication slot \"%s\" does not exist".formatted(slot))
          : new ReplicationException(
              "55000", "replication slot \"%s\" was not created in this database".formatted(slot));
    }
    if ("lost".equals(rows.get(0).get(1))) {
      throw new ReplicationException(
          "55000", "can no longer access replication slot \"%s\"".formatted(slot));
    }
    if (rows.get(0).get(0) == null) {
      throw new ReplicationException(
          "55000", "replication slot \"%s\" was never finished: drop it".formatted(slot));
    }
    return Lsn.parse(rows.get(0).get(0));
  }

  /** What the consumer has for good; never goes back. */
  void confirm(String slot, long position) throws ReplicationException, InterruptedException {
    String lsn = literal(Lsn.format(position));
    query(
        "UPDATE zerolite_replication.slot SET confirmed = greatest(confirmed, %s) WHERE name = %s"
            .formatted(lsn, literal(slot)));
    // positions may be ahead of the WAL by a few bytes: never further than what is flushed
    query(
        """
        SELECT pg_replication_slot_advance(slot_name, least(%s, pg_current_wal_flush_lsn()))
        FROM pg_replication_slots
        WHERE slot_name = %s AND restart_lsn < least(%s, pg_current_wal_flush_lsn())"""
            .formatted(lsn, literal(slot), lsn));
  }

  /** Gives positions to what has been committed; all before the answer have one. */
  long assignPositions() throws ReplicationException, InterruptedException {
    return Lsn.parse(query("SELECT zerolite_replication.assign_positions()").get(0).get(0));
  }

  /**
   * A committed transaction.
   *
   * @param commitTime in microseconds since 2000
   * @param hasMessages whether it has messages that do not wait for its commit natively
   */
  record Transaction(long lsn, long xid, long commitTime, boolean hasMessages) {}

  /** The first transactions from a position on that the slot's copy does not have. */
  List<Transaction> transactions(String slot, long from)
      throws ReplicationException, InterruptedException {
    List<Transaction> found = new ArrayList<>();
    for (List<String> row :
        query(
            """
            SELECT lsn, xid, (extract(epoch FROM at - '2000-01-01 00:00:00+00') * 1000000)::bigint,
              EXISTS (SELECT FROM zerolite_replication.change c WHERE c.xid = t.xid AND kind = 'm')
            FROM zerolite_replication.transaction t
            WHERE lsn >= %s AND NOT pg_visible_in_snapshot(xid,
              (SELECT seen FROM zerolite_replication.slot WHERE name = %s))
            ORDER BY lsn LIMIT %d"""
                .formatted(literal(Lsn.format(from)), literal(slot), TRANSACTIONS_AT_ONCE))) {
      found.add(
          new Transaction(
              Lsn.parse(row.get(0)),
              Long.parseLong(row.get(1)),
              Long.parseLong(row.get(2)),
              row.get(3).equals("t")));
    }
    return found;
  }

  /**
   * @param relation the version of the table's description
   * @param oldText the row before, or a message's prefix
   */
  record Change(
      long sequence, char kind, int relation, String oldText, String newText, byte[] content) {}

  /**
   * The first changes of several transactions, in their order, with one question for all.
   *
   * @return by transaction id; a transaction's list is complete if it is not {@link #isFull}
   */
  Map<Long, List<Change>> firstChanges(List<Transaction> transactions)
      throws ReplicationException, InterruptedException {
    StringJoiner xids = new StringJoiner(",", "'{", "}'");
    transactions.forEach(transaction -> xids.add(Long.toString(transaction.xid())));
    Map<Long, List<Change>> changes = new HashMap<>();
    for (List<String> row :
        query(
            """
            SELECT %s, xid FROM unnest(%s::xid8[]) AS t (id), LATERAL (
              SELECT * FROM zerolite_replication.change WHERE xid = id AND kind <> 'm'
              ORDER BY seq LIMIT %d) c ORDER BY xid, seq"""
                .formatted(COLUMNS, xids, FIRST_CHANGES))) {
      changes
          .computeIfAbsent(Long.parseLong(row.get(6)), xid -> new ArrayList<>())
          .add(change(row));
    }
    return changes;
  }

  static boolean isFull(List<Change> changes) {
    return changes.size() >= FIRST_CHANGES;
  }

  /** A transaction's next changes; none if there are no more. */
  List<Change> changes(long xid, long after) throws ReplicationException, InterruptedException {
    return changes("xid = '%d' AND seq > %d AND kind <> 'm'".formatted(xid, after));
  }

  List<Change> messages(long xid) throws ReplicationException, InterruptedException {
    return changes("xid = '%d' AND kind = 'm'".formatted(xid));
  }

  private List<Change> changes(String condition) throws ReplicationException, InterruptedException {
    List<Change> changes = new ArrayList<>();
    for (List<String> row :
        query(
            "SELECT %s FROM zerolite_replication.change WHERE %s ORDER BY xid, seq LIMIT %d"
                .formatted(COLUMNS, condition, CHANGES_AT_ONCE))) {
      changes.add(change(row));
    }
    return changes;
  }

  private static Change change(List<String> row) {
    return new Change(
        Long.parseLong(row.get(0)),
        row.get(1).charAt(0),
        row.get(2) == null ? 0 : Integer.parseInt(row.get(2)),
        row.get(3),
        row.get(4),
        row.get(5) == null ? null : HexFormat.of().parseHex(row.get(5)));
  }

  TableDescription description(int version) throws ReplicationException, InterruptedException {
    return TableDescription.parse(
        query("SELECT description FROM zerolite_replication.relation WHERE version = " + version)
            .get(0)
            .get(0));
  }

  private boolean isTrue(String question) throws ReplicationException, InterruptedException {
    List<List<String>> rows = query(question);
    return !rows.isEmpty() && "t".equals(rows.get(0).get(0));
  }

  private List<List<String>> query(String sql) throws ReplicationException, InterruptedException {
    try {
      return session.query(sql);
    } catch (SqlSession.SqlException e) {
      throw new ReplicationException(e.sqlState(), e.getMessage());
    } catch (IllegalStateException e) {
      throw new ReplicationException("57P01", "the replication's own session has ended");
    }
  }

  static String literal(String text) {
    return text.indexOf('\\') < 0
        ? "'" + text.replace("'", "''") + "'"
        : "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
  }

  private static String script(String name) {
    try (InputStream file = ChangeLog.class.getResourceAsStream(name)) {
      return new String(file.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}

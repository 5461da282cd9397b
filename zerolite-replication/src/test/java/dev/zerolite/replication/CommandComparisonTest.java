package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Conversations on replication connections, good and bad ones, in the same bytes with ours and with
 * a native PostgreSQL; every field of every answer is compared, positions and names of snapshots
 * aside.
 */
@Timeout(300)
class CommandComparisonTest {
  private static final String START = "START_REPLICATION SLOT s LOGICAL 0/0 ";
  private static final String OPTIONS = "(proto_version '1', publication_names 'p')";
  private static final String CREATE = "CREATE_REPLICATION_SLOT s LOGICAL pgoutput";
  private static final String STREAM = START + OPTIONS;

  private static OurServer ours;
  private static NativeServer reference;
  private static List<PgConnection> administrators;

  @BeforeAll
  static void start() throws Exception {
    ours = OurServer.start(Map.of());
    reference = NativeServer.start(Map.of());
    try (ServerPair pair = new ServerPair(ours, reference, "postgres")) {
      pair.must("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t");
      pair.must("CREATE DATABASE other");
    }
    administrators = List.of(PgConnection.open(ours), PgConnection.open(reference));
  }

  @AfterAll
  static void stop() throws Exception {
    for (PgConnection sql : administrators) {
      sql.close();
    }
    ours.close();
    reference.close();
  }

  @AfterEach
  void dropSlots() throws Exception {
    for (PgConnection sql : administrators) {
      while (!sql.value("SELECT count(*) FROM pg_replication_slots WHERE active").equals("0")) {
        sql.rows("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
      }
      sql.rows("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    }
  }

  /** See {@link Conversation}. */
  static Stream<List<String>> conversations() {
    return Stream.of(
        // ---- the system ----
        list("IDENTIFY_SYSTEM"),
        list("identify_system;"),
        list("IDENTIFY_SYSTEM; SELECT 1"),
        list("IDENTIFY_SYSTEM nonsense"),
        list("SHOW wal_level", "SHOW TimeZone", "SHOW nonsense", "SHOW"),
        list(
            "SELECT 1; SELECT 2",
            "SELEC 1",
            "",
            ";",
            "VALUES (1)",
            "BEGIN",
            "SELECT 1/0",
            "ROLLBACK"),
        list("COPY (SELECT 1) TO STDOUT", "CREATE TEMP TABLE x (i int)", "SHOW work_mem"),
        list("READ_REPLICATION_SLOT nothing", "READ_REPLICATION_SLOT", "READ_REPLICATION_SLOT 'q'"),
        list("TIMELINE_HISTORY 1", "TIMELINE_HISTORY 7", "TIMELINE_HISTORY 0", "TIMELINE_HISTORY"),
        list("NONSENSE", "START", "DROP", "CREATE_REPLICATION"),
        list(":P00534c45435420310000", ":S"),
        // ---- slots ----
        list(CREATE, CREATE, "DROP_REPLICATION_SLOT s", "DROP_REPLICATION_SLOT s"),
        list(CREATE + " EXPORT_SNAPSHOT", "DROP_REPLICATION_SLOT s WAIT", "SELECT 1"),
        list(CREATE + " NOEXPORT_SNAPSHOT", "SELECT 1"),
        list(CREATE + " USE_SNAPSHOT"),
        list("BEGIN", CREATE + " USE_SNAPSHOT"),
        list("BEGIN", CREATE),
        list(
            "BEGIN ISOLATION LEVEL REPEATABLE READ",
            CREATE + " USE_SNAPSHOT",
            "SELECT 1",
            "COMMIT"),
        list(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            "SELECT 1",
            CREATE + " USE_SNAPSHOT"),
        list("BEGIN ISOLATION LEVEL REPEATABLE READ", CREATE + " (SNAPSHOT 'use')", "COMMIT"),
        list(CREATE + " TWO_PHASE", slots()),
        list(CREATE + " (TWO_PHASE)", slots()),
        list(CREATE + " (TWO_PHASE false, FAILOVER true, SNAPSHOT 'nothing')", slots()),
        list(CREATE + " (FAILOVER)", slots()),
        list(CREATE + " (SNAPSHOT 'export')", slots()),
        list(CREATE + " (SNAPSHOT 'bogus')"),
        list(CREATE + " (SNAPSHOT)"),
        list(CREATE + " (NONSENSE)", CREATE + " (RESERVE_WAL)", CREATE + " ()"),
        list(CREATE + " (TWO_PHASE, TWO_PHASE)", CREATE + " (FAILOVER 'maybe')"),
        list(CREATE + " (SNAPSHOT 'export', SNAPSHOT 'use')", CREATE + " RESERVE_WAL"),
        list(
            "CREATE_REPLICATION_SLOT s TEMPORARY LOGICAL pgoutput",
            slots(),
            "DROP_REPLICATION_SLOT s"),
        list("CREATE_REPLICATION_SLOT s TEMPORARY LOGICAL pgoutput (FAILOVER)"),
        list("CREATE_REPLICATION_SLOT \"Bad Name\" LOGICAL pgoutput"),
        list("CREATE_REPLICATION_SLOT \"\" LOGICAL pgoutput"),
        list("CREATE_REPLICATION_SLOT pg_conflict_detection LOGICAL pgoutput"),
        list("CREATE_REPLICATION_SLOT " + "x".repeat(70) + " LOGICAL pgoutput"),
        list("CREATE_REPLICATION_SLOT s LOGICAL no_such_plugin", slots()),
        list(
            "CREATE_REPLICATION_SLOT s LOGICAL",
            "CREATE_REPLICATION_SLOT s",
            "CREATE_REPLICATION_SLOT"),
        list("CREATE_REPLICATION_SLOT s PHYSICAL", "READ_REPLICATION_SLOT s", slots(), STREAM),
        list("CREATE_REPLICATION_SLOT s PHYSICAL RESERVE_WAL", "READ_REPLICATION_SLOT s", slots()),
        list(
            "CREATE_REPLICATION_SLOT s PHYSICAL (TWO_PHASE)",
            "CREATE_REPLICATION_SLOT s PHYSICAL (FAILOVER)"),
        list("CREATE_REPLICATION_SLOT s TEMPORARY PHYSICAL", "ALTER_REPLICATION_SLOT s (FAILOVER)"),
        list(CREATE, "READ_REPLICATION_SLOT s"),
        list(
            CREATE,
            "ALTER_REPLICATION_SLOT s (FAILOVER)",
            slots(),
            "ALTER_REPLICATION_SLOT s (TWO_PHASE true)",
            slots(),
            "ALTER_REPLICATION_SLOT s (FAILOVER false, TWO_PHASE false)",
            slots(),
            "ALTER_REPLICATION_SLOT s (NONSENSE)",
            "ALTER_REPLICATION_SLOT s ()",
            "ALTER_REPLICATION_SLOT s (FAILOVER, FAILOVER)",
            "ALTER_REPLICATION_SLOT s"),
        list("ALTER_REPLICATION_SLOT nothing (FAILOVER)", "DROP_REPLICATION_SLOT nothing WAIT"),
        list(
            "DROP_REPLICATION_SLOT",
            "DROP_REPLICATION_SLOT s NOW",
            "DROP_REPLICATION_SLOT s; SELECT 1"),
        // ---- the stream ----
        list(CREATE, STREAM, ":c"),
        list(CREATE, STREAM, ":c", "SELECT 1", STREAM, ":c", "DROP_REPLICATION_SLOT s"),
        list(CREATE, "sql:INSERT INTO t VALUES (1, 'a'); DELETE FROM t", STREAM, "read 5", ":c"),
        list(
            CREATE,
            STREAM,
            "sql:INSERT INTO t VALUES (3, 'a')",
            "sql:ANALYZE t",
            "sql:DELETE FROM t",
            "read 8",
            ":c"),
        list(CREATE, "half close"),
        list(CREATE, STREAM, "half close"),
        list(CREATE, STREAM, ":d72" + "00".repeat(33), "half close"),
        list(CREATE, STREAM, ":d7a", "half close"),
        list(CREATE, STREAM, ":f" + hex("failed") + "00"),
        list(CREATE, STREAM, ":X"),
        list(CREATE, STREAM, ":Q" + hex("SELECT 1") + "00"),
        list(CREATE, STREAM, ":S"),
        list(CREATE, STREAM, ":z"),
        list(CREATE, STREAM, ":d"),
        list(CREATE, STREAM, ":d7a"),
        list(CREATE, STREAM, ":d72", ":c"),
        list(CREATE, STREAM, ":d7200", ":c"),
        list(CREATE, STREAM, ":d72" + "00".repeat(32), ":c"),
        list(CREATE, STREAM, ":d72" + "00".repeat(33), ":c"),
        list(CREATE, STREAM, ":d72" + "00".repeat(60), ":c"),
        list(CREATE, STREAM, ":d72" + "ff".repeat(24) + "00".repeat(9), ":c", slots()),
        list(CREATE, STREAM, ":d68" + "00".repeat(24), ":c"),
        list(CREATE, STREAM, ":d6800", ":c"),
        list(CREATE, STREAM, ":d70", ":c"),
        list(CREATE, STREAM, ":c:c", "SELECT 1"),
        list(START + OPTIONS, "SELECT 1"),
        list(
            CREATE,
            START,
            START + "()",
            "START_REPLICATION SLOT s LOGICAL",
            "START_REPLICATION SLOT"),
        list(CREATE, "START_REPLICATION SLOT s LOGICAL nowhere " + OPTIONS),
        list(CREATE, "START_REPLICATION SLOT s LOGICAL 1/2/3 " + OPTIONS),
        list(CREATE, "START_REPLICATION SLOT s LOGICAL 0 " + OPTIONS),
        list(CREATE, "START_REPLICATION SLOT s LOGICAL FFFFFFFF/0 " + OPTIONS, ":c"),
        list(CREATE, "START_REPLICATION SLOT 's' LOGICAL 0/0 " + OPTIONS),
        list(CREATE, "START_REPLICATION SLOT S LOGICAL 0/0 " + OPTIONS, ":c"),
        list(CREATE, START + "(proto_version '0', publication_names 'p')"),
        list(CREATE, START + "(proto_version '5', publication_names 'p')"),
        list(CREATE, START + "(proto_version 'x', publication_names 'p')"),
        list(CREATE, START + "(proto_version '1')"),
        list(CREATE, START + "(publication_names 'p')"),
        list(CREATE, START + "(proto_version '1', publication_names '')"),
        list(CREATE, START + "(proto_version '1', publication_names 'a,,b')"),
        list(CREATE, START + "(proto_version '1', publication_names '\"p')"),
        list(CREATE, START + "(proto_version '1', publication_names 'p', nonsense 'x')"),
        list(CREATE, START + "(proto_version '1', publication_names 'p', publication_names 'p')"),
        list(CREATE, START + "(proto_version '1', proto_version '1')"),
        list(CREATE, START + "(proto_version 1, publication_names 'p')"),
        list(CREATE, START + option("binary 'maybe'")),
        list(CREATE, START + option("binary"), ":c"),
        list(CREATE, START + option("messages 'perhaps'")),
        list(CREATE, START + option("origin 'elsewhere'")),
        list(CREATE, START + option("origin 'none'"), ":c"),
        list(CREATE, START + option("streaming 'on'")),
        list(CREATE, START + option("streaming 'sometimes'")),
        list(CREATE, START + "(proto_version '2', publication_names 'p', streaming 'parallel')"),
        list(
            CREATE,
            START + "(proto_version '4', publication_names 'p', streaming 'parallel')",
            ":c"),
        list(CREATE, START + option("two_phase 'on'")),
        list(
            CREATE,
            START + "(proto_version '3', publication_names 'p', two_phase 'on')",
            ":c",
            slots()),
        list(
            CREATE,
            START + "(proto_version '1', publication_names 'missing')",
            "sql:INSERT INTO t VALUES (2)",
            "read 1",
            ":c"),
        list(CREATE, "BEGIN", STREAM),
        list(CREATE, STREAM, "sql:SELECT pg_drop_replication_slot('s')", ":c"),
        list(
            CREATE,
            STREAM,
            "sql:SELECT pg_replication_slot_advance('s', pg_current_wal_lsn())",
            ":c"),
        list(
            CREATE,
            STREAM,
            "sql:SELECT count(*) FROM pg_logical_slot_peek_binary_changes('s', NULL, NULL,"
                + " 'proto_version', '1', 'publication_names', 'p')",
            ":c"),
        list(
            CREATE,
            STREAM,
            "sql:SELECT application_name, sync_state FROM pg_stat_replication",
            ":c"),
        list(
            CREATE,
            STREAM,
            "sql:SELECT slot_name, spill_txns, stream_txns FROM pg_stat_replication_slots",
            ":c"),
        list(CREATE, "other:" + STREAM),
        list(CREATE, "other:DROP_REPLICATION_SLOT s", slots()),
        list(CREATE, "other:SELECT pg_drop_replication_slot('s')"),
        list(CREATE, "other:SELECT * FROM pg_logical_slot_get_changes('s', NULL, NULL)"),
        list(CREATE, STREAM, "other:DROP_REPLICATION_SLOT s", "other:" + STREAM, ":c"),
        // ---- what physical replication asks ----
        list("START_REPLICATION SLOT s PHYSICAL 0/0", "START_REPLICATION FFFFFFFF/0"),
        list(
            "START_REPLICATION 0/0 TIMELINE 9",
            "START_REPLICATION PHYSICAL",
            "UPLOAD_MANIFEST now"),
        list("BASE_BACKUP (NONSENSE)", "BASE_BACKUP nonsense"));
  }

  private static List<String> list(String... steps) {
    return List.of(steps);
  }

  private static String option(String option) {
    return "(proto_version '1', publication_names 'p', " + option + ")";
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(UTF_8));
  }

  private static String slots() {
    return "sql:SELECT slot_name, plugin, slot_type, database, temporary, active, wal_status, two_phase,"
        + " failover, synced, invalidation_reason, conflicting, safe_wal_size, xmin, inactive_since IS NULL,"
        + " two_phase_at IS NULL, restart_lsn IS NULL, confirmed_flush_lsn IS NULL FROM pg_replication_slots";
  }

  @ParameterizedTest
  @MethodSource("conversations")
  void answersAreTheSame(List<String> steps) throws Exception {
    List<String> expected = Conversation.hold(reference, steps);
    assertThat(Conversation.hold(ours, steps)).isEqualTo(expected);
  }
}

package dev.zerolite.pglite.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** PostgreSQL's pgoutput over the functions that are written in Java: what a consumer gets. */
@Timeout(180)
class PgOutputTest {
  private static Cluster cluster;
  private TestSession sql;
  private final ReplicationText text = new ReplicationText();

  @BeforeAll
  static void startCluster() throws Exception {
    cluster =
        Cluster.start(Engine.load(), ClusterOptions.inMemory().withSetting("wal_level", "logical"));
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @BeforeEach
  void createSlot() throws Exception {
    sql = new TestSession(cluster);
    run("SELECT 1 FROM pg_create_logical_replication_slot('s', 'pgoutput')");
  }

  @AfterEach
  void dropEverything() throws Exception {
    run("DROP PUBLICATION IF EXISTS p, p2");
    run("DROP SCHEMA IF EXISTS other CASCADE");
    run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    run("SELECT pg_drop_replication_slot('s')");
    sql.close();
  }

  private void run(String statements) throws InterruptedException {
    assertThat(sql.query(statements)).noneMatch(row -> row != null && row.startsWith("!"));
  }

  /** What the slot has since the last call, without the messages that only describe relations. */
  private List<String> changes() throws InterruptedException {
    return messages("'publication_names', 'p'").stream()
        .filter(line -> !line.startsWith("relation ") && !line.startsWith("type "))
        .toList();
  }

  private List<String> messages(String options) throws InterruptedException {
    List<String> lines = new ArrayList<>();
    for (String row :
        sql.query(
            "SELECT encode(data, 'hex') FROM pg_logical_slot_get_binary_changes("
                + "'s', NULL, NULL, 'proto_version', '1', "
                + options
                + ")")) {
      lines.add(row.startsWith("!") ? row : text.line(HexFormat.of().parseHex(row)));
    }
    return lines;
  }

  private List<String> messages() throws InterruptedException {
    return messages("'publication_names', 'p'");
  }

  @Test
  void describesRelationsWithTypesAndKeys() throws Exception {
    run(
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN short AS varchar(5);"
            + "CREATE TABLE t (id int, a text, n numeric(12,3), m mood, s short,"
            + " part text NOT NULL, PRIMARY KEY (part, id));"
            + "CREATE PUBLICATION p FOR TABLE t");
    run("INSERT INTO t VALUES (1, 'x', 2, 'happy', 'dom', 'k')");
    assertThat(messages())
        .containsExactly(
            "begin",
            "type public.mood",
            "type .varchar",
            "relation public.t d id*:23 a:25 n:1700(786439) m:own s:own part*:25",
            "insert public.t N(1, x, 2.000, happy, dom, k)",
            "commit");
  }

  @Test
  void everyValueIsTheServersOwnText() throws Exception {
    run(
        "CREATE TABLE t (id int PRIMARY KEY, i2 int2, i8 int8, f float8, n numeric, b bool,"
            + " o oid, c char(4), j json, jb jsonb, ts timestamptz, i interval, a int[],"
            + " r int4range, ip inet, u uuid, by bytea, bits varbit, x xml, nm name);"
            + "CREATE PUBLICATION p FOR TABLE t");
    run(
        "INSERT INTO t VALUES (-2147483648, -32768, 9007199254740993, 0.1, 1e-20, true,"
            + " 4294967295, 'ab', '{\"a\" : 1}', '{\"b\":[1, 2]}', '2026-01-02 03:04:05.6+00',"
            + " '1 mon 2 days', '{1,NULL,3}', '[1,5)', '10.0.0.1/8',"
            + " '00000000-0000-0000-0000-00000000000a', '\\x00ff', B'101', '<a/>', 'n'),"
            + " (0, 0, -9223372036854775808, 'NaN', 'Infinity', false, 0, '', '1', 'null',"
            + " 'infinity', '-1s', '{}', 'empty', '::1',"
            + " 'ffffffff-ffff-ffff-ffff-ffffffffffff', '', '', '', '')");
    assertThat(changes())
        .containsExactly(
            "begin",
            "insert public.t N(-2147483648, -32768, 9007199254740993, 0.1,"
                + " 0.00000000000000000001, t, 4294967295, ab  , {\"a\" : 1}, {\"b\": [1, 2]},"
                + " 2026-01-02 03:04:05.6+00, 1 mon 2 days, {1,NULL,3}, [1,5), 10.0.0.1/8,"
                + " 00000000-0000-0000-0000-00000000000a, \\x00ff, 101, <a/>, n)",
            "insert public.t N(0, 0, -9223372036854775808, NaN, Infinity, f, 0,     , 1, null,"
                + " infinity, -00:00:01, {}, empty, ::1,"
                + " ffffffff-ffff-ffff-ffff-ffffffffffff, \\x, , , )",
            "commit");
  }

  @Test
  void updatesAndDeletesCarryTheOldKey() throws Exception {
    run("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t");
    run("INSERT INTO t VALUES (1, 'a')");
    run("UPDATE t SET v = 'b'");
    run("UPDATE t SET id = 2");
    run("DELETE FROM t");
    assertThat(changes())
        .containsExactly(
            "begin",
            "insert public.t N(1, a)",
            "commit",
            "begin",
            "update public.t N(1, b)",
            "commit",
            "begin",
            "update public.t K(1, null) N(2, b)",
            "commit",
            "begin",
            "delete public.t K(2, null)",
            "commit");
    assertThat(text.commitLsns()).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void replicaIdentityDecidesOnTheOldRow() throws Exception {
    run(
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL UNIQUE, w int);"
            + "CREATE PUBLICATION p FOR TABLE t; INSERT INTO t VALUES (1, 'a', 5)");
    run("ALTER TABLE t REPLICA IDENTITY FULL; UPDATE t SET w = 6");
    run("ALTER TABLE t REPLICA IDENTITY USING INDEX t_v_key; UPDATE t SET v = 'b'");
    run("ALTER TABLE t REPLICA IDENTITY NOTHING; INSERT INTO t VALUES (2, 'c', 7)");
    assertThat(sql.query("DELETE FROM t")).singleElement().asString().startsWith("!55000");
    assertThat(messages())
        .contains(
            "relation public.t f id*:23 v*:25 w*:23",
            "update public.t O(1, a, 5) N(1, a, 6)",
            "relation public.t i id:23 v*:25 w:23",
            "update public.t K(null, a, null) N(1, b, 6)",
            "relation public.t n id:23 v:25 w:23",
            "insert public.t N(2, c, 7)");
  }

  @Test
  void nothingThatWasRolledBackAppears() throws Exception {
    run("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
    run("BEGIN; INSERT INTO t VALUES (1); ROLLBACK");
    run(
        "BEGIN; INSERT INTO t VALUES (2); SAVEPOINT a; INSERT INTO t VALUES (3); ROLLBACK TO a;"
            + " INSERT INTO t VALUES (4); COMMIT");
    run("CREATE TABLE unpublished (id int); INSERT INTO unpublished VALUES (1)");
    assertThat(changes())
        .containsExactly("begin", "insert public.t N(2)", "insert public.t N(4)", "commit");
  }

  @Test
  void aToastedValueThatAnUpdateLeavesAloneIsUnchanged() throws Exception {
    run(
        "CREATE TABLE t (id int PRIMARY KEY, v text, w int);"
            + "CREATE PUBLICATION p FOR TABLE t;"
            + "INSERT INTO t SELECT 1, string_agg(md5(i::text), ''), 0"
            + " FROM generate_series(1, 2000) i");
    run("UPDATE t SET w = 1");
    run("ALTER TABLE t REPLICA IDENTITY FULL; UPDATE t SET w = 2");
    run("INSERT INTO t VALUES (2, repeat('compressed', 5000), 0)");
    assertThat(changes())
        .containsExactly(
            "begin",
            "insert public.t N(1, 64000 characters, 0)",
            "commit",
            "begin",
            "update public.t N(1, unchanged, 1)",
            "commit",
            "begin",
            "update public.t O(1, 64000 characters, 1) N(1, unchanged, 2)",
            "commit",
            "begin",
            "insert public.t N(2, 50000 characters, 0)",
            "commit");
  }

  @Test
  void schemaChangesArriveInOrderWithinATransaction() throws Exception {
    run(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int); CREATE PUBLICATION p FOR TABLE t;"
            + "INSERT INTO t VALUES (1, 'x', 0)");
    messages();
    run(
        "BEGIN; UPDATE t SET b = 1; ALTER TABLE t ADD COLUMN c text DEFAULT 'cc';"
            + " UPDATE t SET b = 2; ALTER TABLE t DROP COLUMN a; UPDATE t SET b = 3;"
            + " ALTER TABLE t RENAME COLUMN c TO d; ALTER TABLE t ALTER COLUMN b TYPE int8;"
            + " ALTER TABLE t RENAME TO renamed; UPDATE renamed SET b = 4; COMMIT");
    run("DROP TABLE renamed");
    assertThat(messages())
        .containsExactly(
            "begin",
            "relation public.t d id*:23 a:25 b:23",
            "update public.t N(1, x, 1)",
            "relation public.t d id*:23 a:25 b:23 c:25",
            "update public.t N(1, x, 2, cc)",
            "relation public.t d id*:23 b:23 c:25",
            "update public.t N(1, 3, cc)",
            "relation public.renamed d id*:23 b:20 d:25",
            "update public.renamed N(1, 4, cc)",
            "commit");
  }

  @Test
  void truncateAndMessages() throws Exception {
    run(
        "CREATE TABLE t (id serial PRIMARY KEY); CREATE TABLE u (id int REFERENCES t);"
            + "CREATE PUBLICATION p FOR TABLE t, u");
    run("TRUNCATE t RESTART IDENTITY CASCADE");
    run("SELECT pg_logical_emit_message(false, 'pre', 'now')");
    run(
        "BEGIN; SELECT pg_logical_emit_message(true, 'pre', 'then'); INSERT INTO t VALUES (1); COMMIT");
    assertThat(messages("'publication_names', 'p', 'messages', 'true'"))
        .containsExactly(
            "begin",
            "relation public.t d id*:23",
            "relation public.u d id:23",
            "truncate 3 public.t public.u",
            "commit",
            "message n pre now",
            "begin",
            "message t pre then",
            "relation public.t d id*:23", // TRUNCATE gave it new files
            "insert public.t N(1)",
            "commit");
  }

  @Test
  void publicationsByTableSchemaAndAll() throws Exception {
    run(
        "CREATE SCHEMA other; CREATE TABLE t (id int); CREATE TABLE other.u (id int);"
            + "CREATE PUBLICATION p FOR TABLES IN SCHEMA other");
    run("INSERT INTO t VALUES (1); INSERT INTO other.u VALUES (1)");
    run("CREATE TABLE other.late (id int); INSERT INTO other.late VALUES (1)");
    run("ALTER PUBLICATION p ADD TABLE t; INSERT INTO t VALUES (2)");
    run("DROP PUBLICATION p; CREATE PUBLICATION p FOR ALL TABLES WITH (publish = 'insert')");
    run("INSERT INTO t VALUES (3); UPDATE t SET id = 4; TRUNCATE t");
    run("CREATE TEMP TABLE mine (id int); INSERT INTO mine VALUES (1); DROP TABLE mine");
    assertThat(changes())
        .containsExactly(
            "begin",
            "insert other.u N(1)",
            "commit",
            "begin",
            "insert other.late N(1)",
            "commit",
            "begin",
            "insert public.t N(2)",
            "commit",
            "begin",
            "insert public.t N(3)",
            "commit");
  }

  @Test
  void membershipIsThatOfTheTimeOfTheChange() throws Exception {
    run("CREATE TABLE t (id int); CREATE PUBLICATION p");
    run("INSERT INTO t VALUES (1)");
    run("BEGIN; ALTER PUBLICATION p ADD TABLE t; INSERT INTO t VALUES (2); COMMIT");
    run("INSERT INTO t VALUES (3)");
    run("ALTER PUBLICATION p DROP TABLE t");
    run("INSERT INTO t VALUES (4)");
    assertThat(changes())
        .containsExactly(
            "begin", "insert public.t N(2)", "commit", "begin", "insert public.t N(3)", "commit");
  }

  @Test
  void columnListsAndGeneratedColumns() throws Exception {
    run(
        "CREATE TABLE t (id int PRIMARY KEY, hidden text, shown text);"
            + "CREATE TABLE g (id int PRIMARY KEY, doubled int GENERATED ALWAYS AS (id * 2) STORED);"
            + "CREATE PUBLICATION p FOR TABLE t (shown, id), g");
    run("INSERT INTO t VALUES (1, 'h', 's'); INSERT INTO g VALUES (1)");
    run("ALTER PUBLICATION p SET (publish_generated_columns = stored); INSERT INTO g VALUES (2)");
    assertThat(messages())
        .contains(
            "relation public.t d id*:23 shown:25",
            "insert public.t N(1, s)",
            "relation public.g d id*:23",
            "insert public.g N(1)",
            "relation public.g d id*:23 doubled:23",
            "insert public.g N(2, 4)");
  }

  @Test
  void rowFiltersTurnUpdatesIntoInsertsAndDeletes() throws Exception {
    run(
        "CREATE TABLE t (id int PRIMARY KEY, v int); ALTER TABLE t REPLICA IDENTITY FULL;"
            + "CREATE PUBLICATION p FOR TABLE t WHERE (v > 10)");
    run("INSERT INTO t VALUES (1, 5), (2, 11)");
    run("UPDATE t SET v = 12 WHERE id = 1");
    run("UPDATE t SET v = 3 WHERE id = 2");
    assertThat(changes())
        .containsExactly(
            "begin",
            "insert public.t N(2, 11)",
            "commit",
            "begin",
            "insert public.t N(1, 12)",
            "commit",
            "begin",
            "delete public.t O(2, 11)",
            "commit");
  }

  @Test
  void filtersOfSeveralPublicationsAreAlternatives() throws Exception {
    run(
        "CREATE TABLE t (id int PRIMARY KEY, v text,"
            + " twice int GENERATED ALWAYS AS (id * 2) VIRTUAL);"
            + "CREATE PUBLICATION p FOR TABLE t WHERE (id < 10);"
            + "CREATE PUBLICATION p2 FOR TABLE t WHERE (id > 20 AND v LIKE 'x%')");
    run("INSERT INTO t VALUES (1, 'a'), (15, 'x'), (25, 'x'), (26, 'y')");
    assertThat(messages("'publication_names', 'p, \"p2\"'"))
        .containsExactly(
            "begin",
            "relation public.t d id*:23 v:25",
            "insert public.t N(1, a)",
            "insert public.t N(25, x)",
            "commit");
  }

  @Test
  void partitionsAppearAsThemselvesOrAsTheirRoot() throws Exception {
    run(
        "CREATE TABLE t (id int, k int, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);"
            + "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);"
            + "CREATE TABLE t2 (k int NOT NULL, junk text, id int NOT NULL);"
            + "ALTER TABLE t2 DROP COLUMN junk;"
            + "ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (20);"
            + "CREATE PUBLICATION p FOR TABLE t");
    run("INSERT INTO t VALUES (1, 1), (2, 12)");
    assertThat(changes())
        .containsExactly(
            "begin", "insert public.t1 N(1, 1)", "insert public.t2 N(12, 2)", "commit");
    run("ALTER PUBLICATION p SET (publish_via_partition_root)");
    run("UPDATE t SET k = 13 WHERE id = 1");
    run("TRUNCATE t");
    assertThat(changes())
        .containsExactly(
            "begin",
            "delete public.t K(1, 1)",
            "insert public.t N(1, 13)",
            "commit",
            "begin",
            "truncate 0 public.t",
            "commit");
  }

  @Test
  void aRenamedPublicationIsForgotten() throws Exception {
    run("CREATE TABLE t (id int); CREATE PUBLICATION p FOR TABLE t; CREATE PUBLICATION p2");
    run("INSERT INTO t VALUES (1)");
    run("ALTER PUBLICATION p RENAME TO was; ALTER PUBLICATION p2 RENAME TO p");
    run("INSERT INTO t VALUES (2)");
    assertThat(changes()).containsExactly("begin", "insert public.t N(1)", "commit");
    run("DROP PUBLICATION was");
  }

  @Test
  void originsAreNamedOrLeftOut() throws Exception {
    run("CREATE TABLE t (id int); CREATE PUBLICATION p FOR TABLE t");
    run("SELECT pg_replication_origin_create('elsewhere')");
    run("SELECT pg_replication_origin_session_setup('elsewhere')");
    run(
        "BEGIN; SELECT pg_replication_origin_xact_setup('0/5', now()); INSERT INTO t VALUES (1); COMMIT");
    run("SELECT pg_replication_origin_session_reset()");
    run("INSERT INTO t VALUES (2)");
    assertThat(
            sql.query(
                "SELECT count(*)::text FROM pg_logical_slot_peek_binary_changes('s', NULL, NULL,"
                    + " 'proto_version', '1', 'publication_names', 'p', 'origin', 'none')"))
        .containsExactly("4");
    assertThat(changes())
        .containsExactly(
            "begin",
            "origin elsewhere",
            "insert public.t N(1)",
            "commit",
            "begin",
            "insert public.t N(2)",
            "commit");
    run("SELECT pg_replication_origin_drop('elsewhere')");
  }

  @Test
  void binaryValues() throws Exception {
    run("CREATE TABLE t (id int, n numeric, v text); CREATE PUBLICATION p FOR TABLE t");
    run("INSERT INTO t VALUES (258, 3.25, 'z')");
    assertThat(messages("'publication_names', 'p', 'binary', 'true'"))
        .contains("insert public.t N(0x00000102, 0x0002000000000002000309c4, 0x7a)");
  }

  @Test
  void namesAndTextAreUtf8() throws Exception {
    run("CREATE TABLE \"t\u00fc\" (\"n\u00e9\" text); CREATE PUBLICATION p FOR ALL TABLES");
    run("INSERT INTO \"t\u00fc\" VALUES ('\ud83d\ude00')");
    assertThat(messages())
        .containsExactly(
            "begin",
            "relation public.t\u00fc d n\u00e9:25",
            "insert public.t\u00fc N(\ud83d\ude00)",
            "commit");
  }

  @Test
  void wrongOptionsAreRefusedAsPostgresDoes() throws Exception {
    assertThat(
            sql.query(
                "SELECT 1 FROM pg_logical_slot_get_binary_changes('s', NULL, NULL,"
                    + " 'proto_version', '9', 'publication_names', 'p')"))
        .containsExactly(
            "!0A000 client sent proto_version=9 but server only supports protocol 4 or lower");
    assertThat(messages("'publication_names', 'p', 'foo', '1'"))
        .containsExactly("!XX000 unrecognized pgoutput option: foo");
    assertThat(messages("'binary', 'true'"))
        .containsExactly("!22023 option \"publication_names\" missing");
  }

  @Test
  void anErrorInAnOutputFunctionKeepsTheSlotWhereItWas() throws Exception {
    run(
        "CREATE DOMAIN d AS text; CREATE TABLE t (id int PRIMARY KEY, v text);"
            + "CREATE PUBLICATION p FOR TABLE t WHERE (100 / id > 0)");
    run("INSERT INTO t VALUES (1, 'a')");
    run("ALTER PUBLICATION p SET TABLE t WHERE (1 / (id - 2) < 5); INSERT INTO t VALUES (2, 'b')");
    assertThat(changes()).contains("!22012 division by zero");
    assertThat(changes()).contains("!22012 division by zero");
    assertThat(sql.query("SELECT 1")).containsExactly("1");
  }

  @Test
  void aLargeTransactionThatSpillsArrivesWhole() throws Exception {
    run("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t");
    run("SET logical_decoding_work_mem = '64kB'");
    run("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i");
    run("BEGIN; INSERT INTO t SELECT i, 'y' FROM generate_series(20001, 30000) i; ROLLBACK");
    assertThat(
            sql.query(
                "SELECT count(*) || ' ' || count(*) FILTER (WHERE get_byte(data, 0) = 73)"
                    + " FROM pg_logical_slot_get_binary_changes('s', NULL, NULL,"
                    + " 'proto_version', '1', 'publication_names', 'p')"))
        .containsExactly("20003 20000");
  }

  @Test
  void largeTransactionsCanBeStreamed() throws Exception {
    run("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t");
    run("SET logical_decoding_work_mem = '64kB'");
    run("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i");
    List<String> kinds =
        sql.query(
            "SELECT DISTINCT chr(get_byte(data, 0)) FROM pg_logical_slot_get_binary_changes("
                + "'s', NULL, NULL, 'proto_version', '4', 'publication_names', 'p',"
                + " 'streaming', 'parallel')");
    assertThat(kinds).containsExactlyInAnyOrder("S", "R", "I", "E", "c");
  }
}

package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.config.ReplicationMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What triggers capture, beside what a native PostgreSQL decodes of the same statements. */
@Timeout(300)
class TriggerCaptureTest {
  private static final String START =
      "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1', publication_names 'p,q', messages 'true')";

  private static final List<String> BEFORE =
      List.of(
          "CREATE TYPE mood AS ENUM ('sad', 'ok')",
          "CREATE TABLE a (id int PRIMARY KEY, t text, n numeric(9,2), f float8, b bytea, j jsonb, ts timestamptz,"
              + " i interval, arr text[], m mood, g int GENERATED ALWAYS AS (id * 2) STORED)",
          "CREATE TABLE full_row (x int, y text)",
          "ALTER TABLE full_row REPLICA IDENTITY FULL",
          "CREATE TABLE by_index (k int NOT NULL UNIQUE, v text)",
          "ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_k_key",
          "CREATE TABLE parted (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
          "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10)",
          "CREATE TABLE parted_2 (v text, id int NOT NULL)",
          "ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (10) TO (20)",
          "CREATE TABLE listed (id int PRIMARY KEY, shown text, hidden text)",
          "CREATE TABLE unpublished (id int PRIMARY KEY)",
          "CREATE PUBLICATION p FOR TABLE a, full_row, by_index, listed (id, shown)",
          "CREATE PUBLICATION q FOR TABLE parted WITH (publish_via_partition_root, publish = 'insert, update')",
          "INSERT INTO a (id) VALUES (-1)");

  private static final List<String> STATEMENTS =
      List.of(
          "INSERT INTO a VALUES (1, 'it''s \"q\" \\ ,()', 1.5, 0.1, '\\x00ff', '{\"a\": [null, \"é\"]}',"
              + " '2026-01-02 03:04:05.678+02', '1 day 02:03', ARRAY['x', NULL, ''], 'ok')",
          "INSERT INTO a (id) VALUES (2)",
          "UPDATE a SET t = '' WHERE id = 2",
          "UPDATE a SET id = 3 WHERE id = 2",
          "DELETE FROM a WHERE id = 1",
          "INSERT INTO full_row VALUES (1, NULL), (2, 'two')",
          "UPDATE full_row SET y = 'TWO' WHERE x = 2",
          "DELETE FROM full_row WHERE x = 1",
          "INSERT INTO by_index VALUES (1, 'a')",
          "UPDATE by_index SET k = 2",
          "UPDATE by_index SET v = 'b'",
          "DELETE FROM by_index",
          "INSERT INTO parted VALUES (1, 'one'), (11, 'eleven')",
          "UPDATE parted SET v = 'x'",
          "DELETE FROM parted WHERE id = 1",
          "INSERT INTO listed VALUES (1, 's', 'h')",
          "UPDATE listed SET hidden = 'h2'",
          "INSERT INTO unpublished VALUES (1)",
          "BEGIN; INSERT INTO a (id) VALUES (50); ROLLBACK",
          "BEGIN; INSERT INTO a (id) VALUES (51); SAVEPOINT s; INSERT INTO a (id) VALUES (52);"
              + " ROLLBACK TO s; INSERT INTO a (id) VALUES (53); COMMIT",
          "SELECT FROM pg_logical_emit_message(true, 'prefix', 'text')",
          "SELECT FROM pg_logical_emit_message(false, 'prefix', '\\x00ff'::bytea)",
          "BEGIN; INSERT INTO listed VALUES (2, 'before', ''); ALTER TABLE listed ADD more int DEFAULT 7;"
              + " ALTER PUBLICATION p SET TABLE a, full_row, listed (id, shown, more);"
              + " INSERT INTO listed VALUES (3, 'after', '', 8);"
              + " SELECT FROM pg_logical_emit_message(true, 'in', 'between'); UPDATE listed SET more = 9 WHERE id = 2; COMMIT",
          "ALTER TABLE listed RENAME shown TO seen",
          "DELETE FROM listed WHERE id = 1",
          "INSERT INTO by_index VALUES (9, 'no longer')",
          "CREATE TABLE late (id int PRIMARY KEY, v text DEFAULT 'd')",
          "INSERT INTO late VALUES (1)",
          "ALTER PUBLICATION p ADD TABLE late",
          "INSERT INTO late VALUES (2)",
          "TRUNCATE full_row",
          "INSERT INTO a (id) VALUES (-2)");

  private static OurServer ours;
  private static NativeServer reference;

  @BeforeAll
  static void start() throws Exception {
    ours = OurServer.start(Map.of(), ReplicationMode.TRIGGERS);
    reference = NativeServer.start(Map.of());
  }

  @AfterAll
  static void stop() {
    ours.close();
    reference.close();
  }

  @Test
  void theStreamIsWhatDecodingSays() throws Exception {
    List<String> expected = stream(reference);
    assertThat(stream(ours)).isEqualTo(expected);
    try (PgConnection connection = PgConnection.replication(ours)) {
      assertThat(connection.rows("SHOW wal_level")).isEqualTo(List.of(List.of("logical")));
      assertThat(connection.rows("IDENTIFY_SYSTEM").get(0)).endsWith("postgres").hasSize(4);
      connection.rows("DROP_REPLICATION_SLOT s");
      assertThat(connection.value("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
      connection.send(PgConnection.query(START));
      assertThat(connection.readUntil('Z').get(0).describe()).contains("42704");
    }
  }

  @Test
  void decodingTakesOver() throws Exception {
    try (OurServer server = OurServer.start(Map.of(), ReplicationMode.TRIGGERS);
        PgConnection sql = PgConnection.open(server)) {
      sql.rows("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
      try (PgConnection replication = PgConnection.replication(server)) {
        replication.rows("CREATE_REPLICATION_SLOT s LOGICAL pgoutput");
      }
      new Replication(
              server.cluster(), () -> true, ReplicationMode.DECODING, server.mark(), "postgres")
          .begin("postgres");
      sql.rows("INSERT INTO t VALUES (1)");
      assertThat(
              sql.value(
                  "SELECT (SELECT count(*) FROM pg_replication_slots) + (SELECT count(*) FROM pg_trigger)"
                      + " + (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'zerolite%')"))
          .isEqualTo("0");
      assertThat(
              sql.value(
                  "SELECT count(*) FROM pg_proc WHERE proname = 'pg_logical_emit_message'"
                      + " AND oid < 16384"))
          .isEqualTo("2");
    }
  }

  private static List<String> stream(PgServer server) throws IOException {
    List<String> lines = new ArrayList<>();
    PgOutputText text = new PgOutputText();
    Map<String, String> relations = new HashMap<>();
    try (PgConnection sql = PgConnection.open(server);
        PgConnection replication = PgConnection.replication(server)) {
      for (String statement : BEFORE) {
        sql.rows(statement);
      }
      replication.rows("CREATE_REPLICATION_SLOT s LOGICAL pgoutput (SNAPSHOT 'nothing')");
      for (String statement : STATEMENTS) {
        sql.rows(statement);
      }
      replication.send(PgConnection.query(START));
      assertThat(replication.read().type()).isEqualTo('W');
      while (lines.stream().noneMatch(line -> line.contains("-2"))) {
        PgMessage message = replication.read();
        assertThat(message.type()).as(message.describe()).isEqualTo('d');
        if (message.body()[0] == 'w') {
          String line = text.line(Arrays.copyOfRange(message.body(), 25, message.body().length));
          if (isNews(line, relations)) {
            lines.add(line);
          }
        }
      }
      assertThat(text.line(commit(replication))).startsWith("commit");
      replication.send(PgConnection.message('c'));
      List<PgMessage> end = replication.readUntil('Z');
      lines.addAll(end.stream().filter(m -> m.type() != 'd').map(PgMessage::describe).toList());
    }
    return lines;
  }

  /** Decoding tells of a table more often than it must, and of partitions beside their table. */
  private static boolean isNews(String line, Map<String, String> relations) {
    if (line.startsWith("relation ")) {
      String table = line.split(" ")[1];
      return !table.contains(".parted_") && !line.equals(relations.put(table, line));
    }
    return !line.startsWith("type ");
  }

  private static byte[] commit(PgConnection replication) throws IOException {
    while (true) {
      PgMessage message = replication.read();
      if (message.body()[0] == 'w') {
        return Arrays.copyOfRange(message.body(), 25, message.body().length);
      }
    }
  }
}

package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.config.ReplicationMode;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is wrong on a replication connection that triggers serve, before and in a stream: the same
 * answers as a native PostgreSQL's.
 */
@Timeout(300)
class TriggerCommandsTest {
  private static final String CREATE =
      "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (SNAPSHOT 'nothing')";
  private static final String OPTIONS = "(proto_version '1', publication_names 'p')";
  private static final String START = "START_REPLICATION SLOT s LOGICAL 0/0 ";
  private static final String STREAM = START + OPTIONS;

  private static OurServer ours;
  private static NativeServer reference;

  @BeforeAll
  static void start() throws Exception {
    ours = OurServer.start(Map.of(), ReplicationMode.TRIGGERS);
    reference = NativeServer.start(Map.of());
    try (ServerPair pair = new ServerPair(ours, reference, "postgres")) {
      pair.must("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t");
      pair.must("CREATE DATABASE other");
    }
  }

  @AfterAll
  static void stop() {
    ours.close();
    reference.close();
  }

  @AfterEach
  void dropSlots() throws Exception {
    for (PgServer server : List.of(ours, reference)) {
      try (PgConnection sql = PgConnection.open(server)) {
        while (!sql.value("SELECT count(*) FROM pg_replication_slots WHERE active").equals("0")) {
          sql.rows("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
        }
        sql.rows("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
      }
    }
  }

  static Stream<List<String>> conversations() {
    return Stream.of(
        List.of("IDENTIFY_SYSTEM nonsense", "IDENTIFY_SYSTEM; SELECT 1", "IDENTIFY_SYSTEM 1"),
        List.of("SHOW", "SHOW 1", "SHOW wal_level now", "SHOW 'x'", "SHOW nonsense"),
        List.of("READ_REPLICATION_SLOT", "READ_REPLICATION_SLOT 's'", "READ_REPLICATION_SLOT s t"),
        List.of("TIMELINE_HISTORY", "TIMELINE_HISTORY x", "TIMELINE_HISTORY 1 2"),
        List.of("BASE_BACKUP nonsense", "BASE_BACKUP (", "UPLOAD_MANIFEST now"),
        List.of("NONSENSE", "START", "DROP", "CREATE_REPLICATION", "create_replication_slotx"),
        List.of(
            "CREATE_REPLICATION_SLOT",
            "CREATE_REPLICATION_SLOT s",
            "CREATE_REPLICATION_SLOT s LOGICAL",
            "CREATE_REPLICATION_SLOT 's' LOGICAL pgoutput",
            "CREATE_REPLICATION_SLOT 1 LOGICAL pgoutput",
            "CREATE_REPLICATION_SLOT s LOGICAL 'pgoutput'",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput nonsense",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput ()",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (SNAPSHOT 'nothing'",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (SNAPSHOT 'nothing',)",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput SNAPSHOT 'nothing'",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (SNAPSHOT 'nothing'); SELECT 1",
            "CREATE_REPLICATION_SLOT s TEMPORARY",
            "CREATE_REPLICATION_SLOT s PHYSICAL pgoutput",
            "CREATE_REPLICATION_SLOT s.t LOGICAL pgoutput",
            "CREATE_REPLICATION_SLOT \"\" LOGICAL pgoutput",
            "CREATE_REPLICATION_SLOT \"s LOGICAL pgoutput",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (SNAPSHOT 'bogus')",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (NONSENSE)",
            "CREATE_REPLICATION_SLOT s LOGICAL pgoutput (SNAPSHOT 'export', SNAPSHOT 'use')"),
        List.of(
            "DROP_REPLICATION_SLOT",
            "DROP_REPLICATION_SLOT s NOW",
            "DROP_REPLICATION_SLOT 's'",
            "DROP_REPLICATION_SLOT s, t",
            "DROP_REPLICATION_SLOT s WAIT WAIT",
            "DROP_REPLICATION_SLOT s; SELECT 1",
            "DROP_REPLICATION_SLOT s"),
        List.of("ALTER_REPLICATION_SLOT", "ALTER_REPLICATION_SLOT s", "ALTER_REPLICATION_SLOT s ("),
        List.of(
            "START_REPLICATION",
            "START_REPLICATION SLOT",
            "START_REPLICATION SLOT s",
            "START_REPLICATION SLOT s LOGICAL",
            "START_REPLICATION SLOT s LOGICAL 0 " + OPTIONS,
            "START_REPLICATION SLOT s LOGICAL nowhere " + OPTIONS,
            "START_REPLICATION SLOT s LOGICAL 1/2/3 " + OPTIONS,
            "START_REPLICATION SLOT s LOGICAL 1/ 2 " + OPTIONS,
            "START_REPLICATION SLOT 's' LOGICAL 0/0 " + OPTIONS,
            "START_REPLICATION SLOT s LOGICAL 0/0 TIMELINE 1 " + OPTIONS,
            START + "()",
            START + "(,)",
            START + "(proto_version '1'",
            START + "(proto_version '1',, a 'b')",
            START + "(proto_version '1') x",
            START + "(proto_version 1, publication_names 'p')",
            START + "(proto_version '1', publication_names p)",
            START + "proto_version '1'",
            START + "(proto_version '1', publication_names 'p",
            STREAM + "; SELECT 1"),
        List.of(STREAM, "SELECT 1"),
        List.of(CREATE, START),
        List.of(CREATE, START + "(proto_version '0', publication_names 'p')"),
        List.of(CREATE, START + "(proto_version '5', publication_names 'p')"),
        List.of(CREATE, START + "(proto_version 'x', publication_names 'p')"),
        List.of(CREATE, START + "(proto_version '1')"),
        List.of(CREATE, START + "(proto_version '1', publication_names 'a,,b')"),
        List.of(CREATE, START + "(proto_version '1', publication_names 'p', nonsense 'x')"),
        List.of(CREATE, START + "(proto_version '1', proto_version '1')"),
        List.of(CREATE, START + "(proto_version '1', publication_names 'p', streaming 'on')"),
        List.of(CREATE, START + "(proto_version '3', publication_names 'p', streaming 'parallel')"),
        List.of(CREATE, START + "(proto_version '3', publication_names 'p', streaming 'x')"),
        List.of(CREATE, START + "(proto_version '2', publication_names 'p', two_phase 'on')"),
        List.of(CREATE, "BEGIN", "SELECT 1 / 0", "DROP_REPLICATION_SLOT s", "ROLLBACK"),
        List.of(CREATE, "START_REPLICATION SLOT s LOGICAL FFFFFFFF/0 " + OPTIONS, ":c"),
        List.of(CREATE, "other:" + STREAM),
        List.of(CREATE, STREAM, ":c", "SELECT 1"),
        List.of(CREATE, STREAM, ":c:c", "SELECT 1"),
        List.of(CREATE, "half close"),
        List.of(CREATE, STREAM, "half close"),
        List.of(CREATE, STREAM, ":d72" + "00".repeat(33), "half close"),
        List.of(CREATE, STREAM, ":d7a", "half close"),
        List.of(CREATE, STREAM, ":d", "half close"),
        List.of(CREATE, STREAM, ":d7200", ":c"),
        List.of(CREATE, STREAM, ":d72" + "00".repeat(32), ":c"),
        List.of(CREATE, STREAM, ":d72" + "00".repeat(60), ":c"),
        List.of(CREATE, STREAM, ":d72" + "ff".repeat(24) + "00".repeat(9), ":c"),
        List.of(CREATE, STREAM, ":d68" + "00".repeat(24), ":c"),
        List.of(CREATE, STREAM, ":d6800", ":c"),
        List.of(CREATE, STREAM, ":d70", ":c"),
        List.of(CREATE, STREAM, ":f6e6f00"),
        List.of(CREATE, STREAM, ":X"),
        List.of(CREATE, STREAM, ":Q53454c454354203100"),
        List.of(CREATE, STREAM, ":z"));
  }

  /** Its connection is ended for another one's sake, and nothing is lost. */
  @Test
  void aConsumerThatStopsReadingMakesWayForTheNext() throws Exception {
    int count = 6;
    String start = START + "(proto_version '1', publication_names 'p', messages 'true')";
    try (PgConnection stuck = PgConnection.replication(ours);
        PgConnection next = PgConnection.replication(ours);
        PgConnection sql = PgConnection.open(ours)) {
      stuck.rows(CREATE);
      stuck.send(PgConnection.query(start));
      assertThat(stuck.read().type()).isEqualTo('W');
      for (int i = 0; i < count; i++) {
        sql.rows("SELECT pg_logical_emit_message(true, 'p%d', repeat('x', 2 << 20))".formatted(i));
      }
      next.send(PgConnection.query(start));
      assertThat(next.read().type()).isEqualTo('W');
      for (int i = 0; i < count; ) {
        byte[] body = next.read().body();
        // XLogData's header, then a message's flags and position
        if (body[0] == 'w' && body[25] == 'M') {
          assertThat(new String(body, 25 + 10, 3, US_ASCII)).isEqualTo("p" + i + '\0');
          i++;
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("conversations")
  void answersAreTheSame(List<String> steps) throws Exception {
    List<String> expected = Conversation.hold(reference, steps);
    assertThat(Conversation.hold(ours, steps)).isEqualTo(expected);
  }
}

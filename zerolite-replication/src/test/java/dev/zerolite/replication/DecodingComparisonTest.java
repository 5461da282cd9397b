package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same random workload on ours and on a native PostgreSQL, and what their slots tell of it,
 * message by message.
 *
 * <p>{@code -Dzerolite.decoding.seeds=FROM-TO} and {@code -Dzerolite.decoding.steps=N} make it
 * longer.
 */
@Timeout(3600)
class DecodingComparisonTest {
  /** A way to read the stream: what the slot is made with, and pgoutput's options. */
  private record Consumer(String slot, boolean twoPhase, String... options) {
    String arguments() {
      return String.join(", ", List.of(options).stream().map(o -> "'" + o + "'").toList());
    }
  }

  private static final List<Consumer> CONSUMERS =
      List.of(
          new Consumer("plain", false, "proto_version", "1", "publication_names", "p_all"),
          new Consumer(
              "lists",
              false,
              "proto_version",
              "1",
              "publication_names",
              "p_some,p_app,p_ops",
              "messages",
              "true"),
          new Consumer(
              "filtered", false, "proto_version", "2", "publication_names", "p_filter, \"p_ops\""),
          new Consumer(
              "binaries",
              false,
              "proto_version",
              "1",
              "publication_names",
              "p_gen",
              "binary",
              "on",
              "messages",
              "on",
              "origin",
              "any"),
          new Consumer(
              "streamed",
              false,
              "proto_version",
              "2",
              "publication_names",
              "p_root",
              "streaming",
              "on",
              "messages",
              "on"),
          new Consumer(
              "parallel",
              false,
              "proto_version",
              "4",
              "publication_names",
              "p_all",
              "streaming",
              "parallel",
              "origin",
              "none"),
          new Consumer(
              "prepared",
              true,
              "proto_version",
              "3",
              "publication_names",
              "p_root",
              "two_phase",
              "on",
              "messages",
              "on"),
          new Consumer(
              "everything",
              true,
              "proto_version",
              "4",
              "publication_names",
              "p_all,p_root",
              "two_phase",
              "on",
              "streaming",
              "on",
              "messages",
              "on",
              "binary",
              "on"));

  private static final int PART = 40;

  private static OurServer ours;
  private static NativeServer reference;
  private Map<String, PgOutputText> oursText;
  private Map<String, PgOutputText> referenceText;

  @BeforeAll
  static void start() throws Exception {
    ours = OurServer.start(Map.of());
    reference = NativeServer.start(Map.of());
  }

  @AfterAll
  static void stop() {
    ours.close();
    reference.close();
  }

  static List<Integer> seeds() {
    String[] range = System.getProperty("zerolite.decoding.seeds", "1-2").split("-");
    List<Integer> seeds = new ArrayList<>();
    for (int seed = Integer.parseInt(range[0]); seed <= Integer.parseInt(range[1]); seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void slotsTellTheSame(int seed) throws Exception {
    Random random = new Random(seed);
    int steps = Integer.getInteger("zerolite.decoding.steps", 100);
    String database = "seed" + seed;
    try (ServerPair control = new ServerPair(ours, reference, "postgres")) {
      control.must("CREATE DATABASE " + database);
    }
    try (ServerPair admin = new ServerPair(ours, reference, database);
        ServerPair a = new ServerPair(ours, reference, database);
        ServerPair b = new ServerPair(ours, reference, database);
        ServerPair c = new ServerPair(ours, reference, database)) {
      prepare(admin);
      List<ServerPair> sessions = List.of(a, b, c);
      for (ServerPair session : sessions) {
        session.must("SET lock_timeout = '40ms'");
      }
      Workload workload = new Workload(random);
      ServerPair session = a;
      for (int i = 1; i <= steps; i++) {
        // mostly stays, so that there are transactions of several statements beside others
        session = random.nextInt(3) == 0 ? sessions.get(random.nextInt(3)) : session;
        workload.step(session);
        if (i % PART == 0) {
          compare(admin, CONSUMERS.get(random.nextInt(CONSUMERS.size())));
        }
      }
      workload.finish(sessions);
      for (Consumer consumer : CONSUMERS) {
        compare(admin, consumer);
      }
      admin.must(
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
              + " WHERE database = current_database()");
    }
  }

  /** What a client of another encoding gets, names as well as values; OIDs come first. */
  @Test
  void textsAreInTheClientsEncoding() throws Exception {
    try (ServerPair pair = new ServerPair(ours, reference, "postgres");
        ServerPair writer = new ServerPair(ours, reference, "postgres")) {
      pair.must("CREATE TABLE \"täble\" (id int PRIMARY KEY, \"cölumn\" text, big jsonb)");
      pair.must("CREATE PUBLICATION latin FOR TABLE \"täble\"");
      pair.must("SELECT slot_name FROM pg_create_logical_replication_slot('latin', 'pgoutput')");
      pair.must("INSERT INTO \"täble\" VALUES (1, 'Straße', '{\"ä\": 1}')");
      pair.must("SET client_encoding = LATIN1");
      String changes =
          "SELECT substr(data, 6) FROM pg_logical_slot_get_binary_changes('latin', NULL, NULL,"
              + " 'proto_version', '1', 'publication_names', 'latin') WHERE get_byte(data, 0) IN (73, 82)";
      assertThat(pair.must(changes).rows()).hasSize(2);
      writer.must("INSERT INTO \"täble\" VALUES (2, U&'\\65E5\\672C', NULL)");
      assertThat(pair.run(changes).error()).contains("22P05");
      pair.must("SET client_encoding = UTF8");
      assertThat(pair.must(changes).rows()).hasSize(2);
      pair.must("SELECT pg_drop_replication_slot('latin')");
    }
  }

  private void prepare(ServerPair admin) throws IOException {
    admin.must(Workload.SETUP);
    admin.must("SELECT pg_replication_origin_create(current_database()) > 0");
    admin.must("SET debug_logical_replication_streaming = immediate");
    oursText = new HashMap<>();
    referenceText = new HashMap<>();
    for (Consumer consumer : CONSUMERS) {
      admin.must(
          ("SELECT slot_name FROM pg_create_logical_replication_slot('%s' || current_database(),"
                  + " 'pgoutput', false, %s)")
              .formatted(consumer.slot(), consumer.twoPhase()));
    }
  }

  private void compare(ServerPair admin, Consumer consumer) throws IOException {
    // readers of WAL wait for the rest of its last record, which may be long in coming
    admin.must("SELECT pg_logical_emit_message(false, 'end', '', true) > '0/0'");
    List<String> expected = read(admin.reference(), consumer, referenceText);
    List<String> actual = read(admin.ours(), consumer, oursText);
    assertThat(actual).as(consumer.slot()).isEqualTo(expected);
  }

  private static List<String> read(
      PgConnection session, Consumer consumer, Map<String, PgOutputText> texts) throws IOException {
    Map<Integer, String> types = new HashMap<>();
    PgOutputText text = texts.computeIfAbsent(consumer.slot(), slot -> new PgOutputText());
    for (List<String> row :
        session.rows(
            "SELECT t.oid, nspname || '.' || typname FROM pg_type t, pg_namespace n"
                + " WHERE n.oid = typnamespace AND t.oid >= 16384 AND typrelid = 0")) {
      types.put(Integer.parseInt(row.get(0)), row.get(1));
    }
    text.learn(types);
    List<String> lines = new ArrayList<>();
    for (PgMessage message :
        session.run(
            "SELECT data FROM pg_logical_slot_get_binary_changes('%s' || current_database(), NULL, NULL, %s)"
                .formatted(consumer.slot(), consumer.arguments()))) {
      if (message.type() == 'D') {
        lines.add(text.line(HexFormat.of().parseHex(message.columns().get(0).substring(2))));
      } else if (message.type() != 'T') {
        lines.add(message.describe());
      }
    }
    return lines;
  }
}

package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** What people read the stream with: pgjdbc's API, pg_recvlogical, Debezium. */
@Timeout(300)
class ConsumersTest {
  private static OurServer server;
  private Connection sql;

  @BeforeAll
  static void start() throws Exception {
    server = OurServer.start(Map.of());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void createTable() throws SQLException {
    sql = server.connect();
    run("CREATE TABLE item (id int PRIMARY KEY, name text, price numeric(10,2), tags text[])");
    run("CREATE PUBLICATION p FOR TABLE item");
  }

  @AfterEach
  void dropTable() throws Exception {
    await("SELECT count(*) FILTER (WHERE active) = 0 FROM pg_replication_slots");
    run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    run("DROP PUBLICATION p");
    run("DROP TABLE item");
    sql.close();
  }

  private void run(String statement) throws SQLException {
    try (Statement s = sql.createStatement()) {
      s.execute(statement);
    }
  }

  private String value(String query) throws SQLException {
    try (Statement s = sql.createStatement();
        ResultSet result = s.executeQuery(query)) {
      return result.next() ? result.getString(1) : null;
    }
  }

  private void await(String question) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!"t".equals(value(question))) {
      assertThat(System.nanoTime()).as(question).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  // ---- pgjdbc ----

  @Test
  void pgjdbcReadsAcknowledgesAndResumes() throws Exception {
    try (Connection replication = connectForReplication()) {
      PGConnection api = replication.unwrap(PGConnection.class);
      api.getReplicationAPI()
          .createReplicationSlot()
          .logical()
          .withSlotName("jdbc")
          .withOutputPlugin("pgoutput")
          .make();
      run("INSERT INTO item VALUES (1, 'first', 1.50, '{a,b}')");
      try (PGReplicationStream stream = open(api)) {
        assertThat(kinds(stream, 4)).isEqualTo("BRIC");
        LogSequenceNumber received = stream.getLastReceiveLSN();
        stream.setAppliedLSN(received);
        stream.setFlushedLSN(received);
        stream.forceUpdateStatus();
        await(
            "SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots"
                .formatted(received.asString()));
      }
      run("UPDATE item SET name = 'second'");
      run("DELETE FROM item");
    }
    await("SELECT NOT active FROM pg_replication_slots");
    try (Connection replication = connectForReplication()) {
      PGConnection api = replication.unwrap(PGConnection.class);
      try (PGReplicationStream stream = open(api)) {
        assertThat(kinds(stream, 7)).isEqualTo("BRUCBDC");
      }
      api.getReplicationAPI().dropReplicationSlot("jdbc");
    }
  }

  private static Connection connectForReplication() throws SQLException {
    Properties properties = new Properties();
    PGProperty.USER.set(properties, "postgres");
    PGProperty.REPLICATION.set(properties, "database");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "18");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres", properties);
  }

  private static PGReplicationStream open(PGConnection api) throws SQLException {
    return api.getReplicationAPI()
        .replicationStream()
        .logical()
        .withSlotName("jdbc")
        .withSlotOption("proto_version", 1)
        .withSlotOption("publication_names", "p")
        .withStatusInterval(1, TimeUnit.SECONDS)
        .start();
  }

  private static String kinds(PGReplicationStream stream, int count) throws SQLException {
    StringBuilder kinds = new StringBuilder();
    for (int i = 0; i < count; i++) {
      ByteBuffer message = stream.read();
      kinds.append((char) message.get());
    }
    return kinds.toString();
  }

  // ---- pg_recvlogical ----

  @Test
  void pgRecvlogicalFollows(@TempDir Path directory) throws Exception {
    assertThat(recvlogical(directory, "--create-slot", "--plugin=pgoutput")).isEmpty();
    run("INSERT INTO item SELECT i, 'name ' || i, i, NULL FROM generate_series(1, 3000) i");
    run("SELECT pg_logical_emit_message(true, 'prefix', 'a message')");
    String end = value("SELECT pg_current_wal_lsn()");
    String received =
        recvlogical(
            directory,
            "--start",
            "--file=-",
            "--no-loop",
            "--endpos=" + end,
            "--option=proto_version=4",
            "--option=publication_names=p",
            "--option=messages=true");
    assertThat(received).contains("name 1", "name 3000", "a message");
    assertThat(value("SELECT confirmed_flush_lsn >= '" + end + "' FROM pg_replication_slots"))
        .isEqualTo("t");
    assertThat(recvlogical(directory, "--drop-slot")).isEmpty();
  }

  /** Its standard output; it must end well within a minute. */
  private static String recvlogical(Path directory, String... arguments) throws Exception {
    Path output = directory.resolve("out");
    Path errors = directory.resolve("err");
    List<String> command =
        new ArrayList<>(
            List.of(
                "pg_recvlogical",
                "--host=127.0.0.1",
                "--port=" + server.port(),
                "--username=postgres",
                "--dbname=postgres",
                "--slot=recv"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    return Files.readString(output, ISO_8859_1);
  }

  // ---- Debezium ----

  @Test
  void debeziumTakesASnapshotStreamsAndResumes(@TempDir Path directory) throws Exception {
    run("INSERT INTO item VALUES (1, 'before', 9.99, '{x}'), (2, 'before', NULL, NULL)");
    try (Debezium engine = new Debezium(directory)) {
      assertThat(engine.events(2)).containsExactly("r 1 before", "r 2 before");
      await("SELECT bool_or(active) FROM pg_replication_slots");
      run("INSERT INTO item VALUES (3, 'new', 1, '{}')");
      run("UPDATE item SET name = 'changed' WHERE id = 1");
      run("DELETE FROM item WHERE id = 2");
      assertThat(engine.events(3)).containsExactly("c 3 new", "u 1 changed", "d 2 null");
    }
    await("SELECT NOT bool_or(active) FROM pg_replication_slots");
    run("INSERT INTO item VALUES (4, 'while away', 1, NULL)");
    run("ALTER TABLE item ADD COLUMN extra int DEFAULT 7");
    run("INSERT INTO item VALUES (5, 'altered', 1, NULL, 8)");
    try (Debezium engine = new Debezium(directory)) {
      assertThat(engine.events(2)).containsExactly("c 4 while away", "c 5 altered");
    }
  }

  /** The embedded engine on a thread of its own. */
  private static final class Debezium implements AutoCloseable {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final DebeziumEngine<ChangeEvent<String, String>> engine;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    Debezium(Path directory) {
      Properties properties = new Properties();
      Map.of(
              "name", "zerolite",
              "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
              "offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore",
              "offset.storage.file.filename", directory.resolve("offsets").toString(),
              "offset.flush.interval.ms", "0",
              "topic.prefix", "t",
              "plugin.name", "pgoutput",
              "publication.name", "p",
              "slot.name", "debezium",
              "tombstones.on.delete", "false")
          .forEach(properties::setProperty);
      Map.of(
              "database.hostname", "127.0.0.1",
              "database.port", Integer.toString(server.port()),
              "database.user", "postgres",
              "database.password", "not asked for",
              "database.dbname", "postgres",
              "converter.schemas.enable", "false",
              "key.converter.schemas.enable", "false",
              "value.converter.schemas.enable", "false")
          .forEach(properties::setProperty);
      engine =
          DebeziumEngine.create(Json.class)
              .using(properties)
              .notifying(event -> events.add(describe(event.value())))
              .build();
      thread.execute(engine);
    }

    List<String> events(int count) throws InterruptedException {
      List<String> next = new ArrayList<>();
      while (next.size() < count) {
        String event = events.poll(60, TimeUnit.SECONDS);
        assertThat(event).as("the event after %s", next).isNotNull();
        next.add(event);
      }
      return next;
    }

    /** Operation, key and name, without a dependency on a JSON parser. */
    private static String describe(String json) {
      String operation = json.replaceAll("(?s).*\"op\":\"(.)\".*", "$1");
      String row =
          json.replaceAll(
              operation.equals("d") ? "(?s).*\"before\":\\{" : "(?s).*\"after\":\\{", "");
      return operation
          + " "
          + row.replaceAll("(?s).*?\"id\":(\\d+).*", "$1")
          + " "
          + row.replaceAll("(?s).*?\"name\":(\"([^\"]*)\"|null).*", "$2").replaceAll("^$", "null");
    }

    @Override
    public void close() throws IOException {
      engine.close();
      thread.shutdown();
      try {
        assertThat(thread.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

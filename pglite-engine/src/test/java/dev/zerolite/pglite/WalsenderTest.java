package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** PostgreSQL's own walsender and output plugin, on the cluster's backends. */
@Timeout(120)
class WalsenderTest {
  private static final String SLOT_COLUMNS =
      "SELECT slot_name, active, active_pid FROM pg_replication_slots";

  private static Cluster cluster;
  private TestSessions sessions;
  private TestSession sql;
  private ReplicationStream stream;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @BeforeEach
  void open() throws Exception {
    sessions = new TestSessions(cluster);
    sql = sessions.open();
    sql.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
    sql.run("CREATE PUBLICATION p FOR TABLE t");
    stream = ReplicationStream.open(cluster);
  }

  @AfterEach
  void close() throws Exception {
    stream.close();
    sql.run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    sql.run("DROP PUBLICATION p");
    sql.run("DROP TABLE t");
    sessions.close();
  }

  private void startStream() throws Exception {
    stream.query("CREATE_REPLICATION_SLOT \"s\" LOGICAL pgoutput");
    stream.start("s", "0/0", "p");
  }

  @Test
  void identifiesTheSystemAndRunsPlainSql() throws Exception {
    List<List<String>> rows = stream.query("IDENTIFY_SYSTEM");
    assertThat(rows.get(0).get(1)).isEqualTo("1");
    assertThat(rows.get(0).get(3)).isEqualTo("postgres");
    assertThat(stream.query("SELECT 1 + 1")).isEqualTo(List.of(List.of("2")));
    assertThat(stream.query("SHOW wal_level")).isEqualTo(List.of(List.of("logical")));
  }

  @Test
  void aSlotIsCreatedBesideAnOpenReader() throws Exception {
    sql.run("BEGIN");
    sql.run("SELECT pg_advisory_xact_lock(1)");
    List<String> slot = stream.query("CREATE_REPLICATION_SLOT \"s\" LOGICAL pgoutput").get(0);
    assertThat(slot.get(0)).isEqualTo("s");
    assertThat(slot.get(1)).matches("[0-9A-F]+/[0-9A-F]+");
    assertThat(slot.get(3)).isEqualTo("pgoutput");
    sql.run("COMMIT");
  }

  @Test
  void aSlotWaitsForAWriterAndNoLonger() throws Exception {
    sql.run("BEGIN");
    sql.run("INSERT INTO t VALUES (1, 'running')");
    CompletableFuture<List<List<String>>> slot =
        stream.later("CREATE_REPLICATION_SLOT \"s\" LOGICAL pgoutput");
    TestSession observer = sessions.open();
    awaitTrue(
        observer, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND pid = " + stream.pid());
    sql.run("COMMIT");
    assertThat(slot.get(20, TimeUnit.SECONDS).get(0).get(0)).isEqualTo("s");
  }

  @Test
  void asynchronousCommitsArriveToo() throws Exception {
    startStream();
    sql.run("SET synchronous_commit = off");
    sql.run("INSERT INTO t VALUES (1, 'asynchronous')");
    assertThat(stream.changes(4)).contains("INSERT 1,asynchronous");
  }

  @Test
  void theSlotsSnapshotShowsWhatTheStreamDoesNot() throws Exception {
    sql.run("INSERT INTO t VALUES (1, 'before')");
    String snapshot = stream.query("CREATE_REPLICATION_SLOT \"s\" LOGICAL pgoutput").get(0).get(2);
    sql.run("INSERT INTO t VALUES (2, 'after')");
    TestSession copy = sessions.open();
    copy.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    assertThat(copy.run("SET TRANSACTION SNAPSHOT '" + snapshot + "'")).isEmpty();
    assertThat(copy.run("SELECT v FROM t")).isEqualTo("before");
    copy.run("COMMIT");
    stream.start("s", "0/0", "p");
    assertThat(stream.changes(4))
        .containsExactly("BEGIN", "RELATION t", "INSERT 2,after", "COMMIT");
  }

  @Test
  void changesArriveWhenTheyAreCommittedAndNotBefore() throws Exception {
    startStream();
    sql.run("BEGIN");
    sql.run("INSERT INTO t VALUES (1, 'rolled back')");
    sql.run("ROLLBACK");
    TestSession other = sessions.open();
    other.run("BEGIN");
    other.run("INSERT INTO t VALUES (2, 'late')");
    sql.run("INSERT INTO t VALUES (3, 'early')");
    other.run("COMMIT");
    assertThat(stream.changes(7))
        .containsExactly(
            "BEGIN", "RELATION t", "INSERT 3,early", "COMMIT", "BEGIN", "INSERT 2,late", "COMMIT");
  }

  @Test
  void updatesDeletesTruncatesAndMessagesArriveInOrder() throws Exception {
    startStream();
    sql.run("INSERT INTO t VALUES (1, 'a')");
    sql.run("UPDATE t SET v = 'b'");
    sql.run("UPDATE t SET id = 5");
    sql.run("DELETE FROM t");
    sql.run("BEGIN; SELECT pg_logical_emit_message(true, 'prefix', 'hello'); TRUNCATE t; COMMIT");
    assertThat(stream.changes(16))
        .filteredOn(change -> !change.equals("BEGIN") && !change.equals("COMMIT"))
        .containsExactly(
            "RELATION t",
            "INSERT 1,a",
            "UPDATE 1,b",
            "UPDATE key 1 to 5,b",
            "DELETE 5",
            "MESSAGE prefix hello",
            "TRUNCATE 1");
  }

  @Test
  void aSlotIsActiveForOneConsumerOnly() throws Exception {
    startStream();
    assertThat(sql.run(SLOT_COLUMNS)).isEqualTo("s|t|" + stream.pid());
    try (ReplicationStream second = ReplicationStream.open(cluster)) {
      assertThat(second.startAndFail("s", "p")).isEqualTo("55006");
      assertThat(second.startAndFail("unknown", "p")).isEqualTo("42704");
    }
    assertThat(sql.run("SELECT pg_drop_replication_slot('s')")).startsWith("!55006");
  }

  @Test
  void acknowledgedChangesAreNotSentAgainAndOthersAre() throws Exception {
    startStream();
    sql.run("INSERT INTO t VALUES (1, 'acknowledged')");
    stream.changes(4);
    stream.acknowledge(stream.lastCommitEnd());
    awaitTrue(
        "SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots"
            .formatted(stream.lastCommitEndText()));
    sql.run("INSERT INTO t VALUES (2, 'lost on the way')");
    stream.changes(3);
    stream.close();
    awaitTrue("SELECT NOT active FROM pg_replication_slots");
    sql.run("INSERT INTO t VALUES (3, 'while away')");
    stream = ReplicationStream.open(cluster);
    stream.start("s", "0/0", "p");
    assertThat(stream.changes(7))
        .containsExactly(
            "BEGIN",
            "RELATION t",
            "INSERT 2,lost on the way",
            "COMMIT",
            "BEGIN",
            "INSERT 3,while away",
            "COMMIT");
  }

  @Test
  void aTerminatedWalsenderFreesItsSlot() throws Exception {
    startStream();
    assertThat(sql.run("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"))
        .isEqualTo("t");
    assertThat(stream.backend().awaitEnd(Duration.ofSeconds(10))).isTrue();
    assertThat(sql.run(SLOT_COLUMNS)).isEqualTo("s|f|null");
    assertThat(sql.run("SELECT pg_drop_replication_slot('s')")).isEmpty();
  }

  @Test
  void keepalivesAreAnsweredAndAsked() throws Exception {
    startStream();
    ByteBuffer keepalive = stream.keepalive();
    assertThat(keepalive.get()).isEqualTo((byte) 'k');
    assertThat(keepalive.getLong()).isPositive();
    stream.acknowledge(0, true);
    assertThat(stream.keepalive().get()).isEqualTo((byte) 'k');
  }

  private void awaitTrue(String question) throws Exception {
    awaitTrue(sql, question);
  }

  private static void awaitTrue(TestSession session, String question) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!session.run(question).equals("t")) {
      assertThat(System.nanoTime()).as(question).isLessThan(deadline);
    }
  }
}

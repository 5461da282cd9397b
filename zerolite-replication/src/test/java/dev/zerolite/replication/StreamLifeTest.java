package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Consumers that are slow, silent, broken or gone, and what the slot still has for the next one.
 */
@Timeout(300)
class StreamLifeTest {
  private static final String START =
      "START_REPLICATION SLOT s LOGICAL %s (proto_version '1', publication_names 'p')";

  private static OurServer server;
  private PgConnection sql;

  @BeforeAll
  static void start() throws Exception {
    server = OurServer.start(Map.of());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void createSlot() throws IOException {
    sql = PgConnection.open(server);
    sql.rows("CREATE TABLE t (id int PRIMARY KEY, v text)");
    sql.rows("CREATE PUBLICATION p FOR TABLE t");
    sql.rows("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
  }

  @AfterEach
  void dropSlot() throws Exception {
    awaitInactive();
    sql.rows("SELECT pg_drop_replication_slot('s'); DROP PUBLICATION p; DROP TABLE t");
    sql.close();
  }

  private void awaitInactive() throws Exception {
    await("SELECT NOT active FROM pg_replication_slots");
  }

  private void await(String question) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!"t".equals(sql.value(question))) {
      assertThat(System.nanoTime()).as(question).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static PgConnection stream(String position) throws IOException {
    PgConnection stream = PgConnection.replication(server);
    startStream(stream, position);
    return stream;
  }

  private static void startStream(PgConnection stream, String position) throws IOException {
    stream.send(PgConnection.query(START.formatted(position)));
    assertThat(stream.read().type()).isEqualTo('W');
  }

  /** The next message that is not a keepalive, without its header. */
  private static byte[] change(PgConnection stream) throws IOException {
    while (true) {
      PgMessage message = stream.read();
      assertThat(message.type()).as(message.describe()).isEqualTo('d');
      if (message.body()[0] == 'w') {
        return Arrays.copyOfRange(message.body(), 25, message.body().length);
      }
    }
  }

  /** The ids inserted by the next transaction, and the position to acknowledge it with. */
  private record Transaction(List<Integer> ids, long end) {
    static Transaction read(PgConnection stream) throws IOException {
      List<Integer> ids = new ArrayList<>();
      while (true) {
        ByteBuffer change = ByteBuffer.wrap(change(stream));
        switch ((char) change.get()) {
          case 'I' -> {
            byte[] id = new byte[change.getInt(9)];
            change.get(13, id);
            ids.add(Integer.parseInt(new String(id, US_ASCII)));
          }
          case 'C' -> {
            return new Transaction(ids, change.getLong(10));
          }
          default -> {}
        }
      }
    }
  }

  private static byte[] acknowledgement(long position, boolean replyRequested) {
    return PgConnection.message(
        'd',
        ByteBuffer.allocate(34)
            .put((byte) 'r')
            .putLong(position)
            .putLong(position)
            .putLong(position)
            .putLong(0)
            .put((byte) (replyRequested ? 1 : 0))
            .array());
  }

  @Test
  void aConsumerThatNeverAnswersIsAskedAndThenDropped() throws Exception {
    try (PgConnection silent = PgConnection.replication(server)) {
      silent.rows("SET wal_sender_timeout = '1s'");
      startStream(silent, "0/0");
      boolean asked = false;
      for (PgMessage message : silent.readToEnd()) {
        asked |= message.type() == 'd' && message.body()[0] == 'k' && message.body()[17] == 1;
      }
      assertThat(asked).as("a keepalive that asks for an answer").isTrue();
    }
    awaitInactive();
  }

  @Test
  void aConsumerThatAnswersStays() throws Exception {
    try (PgConnection stream = PgConnection.replication(server)) {
      // asked after half of it; the other half is for a machine that is busy
      stream.rows("SET wal_sender_timeout = '3s'");
      startStream(stream, "0/0");
      for (int i = 0; i < 3; i++) {
        PgMessage keepalive = stream.read();
        while (keepalive.body()[17] != 1) {
          keepalive = stream.read();
        }
        stream.send(acknowledgement(0, false)); // no progress, but a sign of life
      }
      sql.rows("INSERT INTO t VALUES (1, 'x')");
      assertThat(Transaction.read(stream).ids()).containsExactly(1);
    }
  }

  /** What it does not read stays in the WAL, not in memory, and is there for the next one. */
  @Test
  void aConsumerThatStopsReadingTakesNoMemoryAndLosesNothing() throws Exception {
    int count = 40;
    long written = count * (2L << 20);
    String start = START.replace(")", ", messages 'true')").formatted("0/0");
    try (PgConnection stuck = PgConnection.replication(server)) {
      stuck.rows("SET wal_sender_timeout = '3s'");
      stuck.send(PgConnection.query(start));
      long before = usedHeap();
      for (int i = 0; i < count; i++) {
        sql.rows("SELECT pg_logical_emit_message(true, 'p%d', repeat('x', 2 << 20))".formatted(i));
      }
      awaitInactive();
      // the WAL is in the heap, since the cluster is; there shall be no second copy of it
      assertThat(usedHeap() - before).isLessThan(written * 3 / 2);
    }
    try (PgConnection next = PgConnection.replication(server)) {
      next.send(PgConnection.query(start));
      assertThat(next.read().type()).isEqualTo('W');
      for (int i = 0; i < count; i++) {
        assertThat((char) change(next)[0]).isEqualTo('B');
        byte[] message = change(next);
        assertThat(new String(message, 10, 3, US_ASCII)).startsWith("p" + i);
        assertThat(message.length).isGreaterThan(2 << 20);
        assertThat((char) change(next)[0]).isEqualTo('C');
      }
    }
  }

  /** As zero-cache does with the stream of a predecessor that hangs. */
  @Test
  void aConsumerThatStopsReadingCanBeTerminated() throws Exception {
    try (PgConnection stuck = PgConnection.replication(server)) {
      stuck.rows("SET wal_sender_timeout = 0");
      stuck.send(PgConnection.query(START.replace(")", ", messages 'true')").formatted("0/0")));
      assertThat(stuck.read().type()).isEqualTo('W');
      sql.rows("SELECT pg_logical_emit_message(true, 'p', repeat('x', 16 << 20))");
      await("SELECT sent_lsn IS NOT NULL FROM pg_stat_replication");
      // the first one wants to tell the consumer why; PostgreSQL needs a second one, too
      await(
          "SELECT NOT (pg_terminate_backend(active_pid) AND active) IS TRUE FROM pg_replication_slots");
      awaitInactive();
    }
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  void aHalfClosedConsumerEndsTheStream() throws Exception {
    try (PgConnection stream = stream("0/0")) {
      stream.endOutput();
      assertThat(stream.readToEnd()).allMatch(message -> message.type() == 'd');
    }
    awaitInactive();
  }

  @Test
  void aResetConnectionFreesTheSlotAtOnce() throws Exception {
    PgConnection stream = stream("0/0");
    sql.rows("INSERT INTO t VALUES (1, 'x')");
    change(stream);
    stream.reset();
    awaitInactive();
  }

  /** Consumers that come and go at any point, acknowledging now and then: no gap, no disorder. */
  @Test
  void whatWasNotAcknowledgedComesAgainInOrder() throws Exception {
    int next = 1; // the first id that has not been acknowledged
    int written = 0;
    long acknowledged = 0;
    Random random = new Random(3);
    for (int round = 0; round < 12; round++) {
      for (int i = 0; i < 5; i++) {
        written++;
        sql.rows("INSERT INTO t VALUES (%d, 'a'), (-%d, 'b')".formatted(written, written));
      }
      // as zero-cache does, from the last position it has, or from what the slot knows
      String position = round % 2 == 0 ? "0/0" : text(acknowledged + 1);
      try (PgConnection stream = stream(position)) {
        int expected = next;
        int count = random.nextInt(written - next + 2);
        for (int i = 0; i < count; i++) {
          Transaction transaction = Transaction.read(stream);
          assertThat(transaction.ids()).containsExactly(expected, -expected);
          assertThat(transaction.end()).isGreaterThan(acknowledged);
          expected++;
          if (random.nextInt(3) > 0 && expected - next == i + 1) {
            acknowledged = transaction.end();
            stream.send(acknowledgement(acknowledged, true));
            next = expected;
            await(
                "SELECT confirmed_flush_lsn = '%s' FROM pg_replication_slots"
                    .formatted(text(acknowledged)));
            expected = next;
            count = Math.min(count, i + 1 + written - next + 1);
            if (next > written) {
              break;
            }
            // the stream goes on behind what was acknowledged
            i = -1;
            count = random.nextInt(written - next + 2);
          }
        }
        if (random.nextBoolean()) {
          stream.reset();
        }
      }
      awaitInactive();
    }
    assertThat(next).isGreaterThan(10);
  }

  private static String text(long lsn) {
    return "%X/%X".formatted(lsn >>> 32, lsn & 0xffffffffL);
  }

  @Test
  void severalConsumersHaveTheirOwnPositions() throws Exception {
    sql.rows("SELECT pg_copy_logical_replication_slot('s', 'other')");
    try (PgConnection a = stream("0/0");
        PgConnection b = PgConnection.replication(server)) {
      sql.rows("INSERT INTO t VALUES (1, 'x')");
      Transaction first = Transaction.read(a);
      a.send(acknowledgement(first.end(), false));
      sql.rows("INSERT INTO t VALUES (2, 'y')");
      assertThat(Transaction.read(a).ids()).containsExactly(2);
      b.send(PgConnection.query(START.replace("SLOT s", "SLOT other").formatted("0/0")));
      assertThat(b.read().type()).isEqualTo('W');
      Set<Integer> ids = new HashSet<>(Transaction.read(b).ids());
      ids.addAll(Transaction.read(b).ids());
      assertThat(ids).containsExactlyInAnyOrder(1, 2);
    }
    await("SELECT NOT bool_or(active) FROM pg_replication_slots");
    sql.rows("SELECT pg_drop_replication_slot('other')");
  }

  /** A slot that would keep too much WAL is given up, and says so. */
  @Test
  void aSlotThatKeepsTooMuchIsLost() throws Exception {
    try (OurServer capped = OurServer.start(Map.of("max_slot_wal_keep_size", "16MB"));
        PgConnection writer = PgConnection.open(capped)) {
      writer.rows("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
      for (int i = 0; i < 4; i++) {
        writer.rows("SELECT pg_switch_wal()");
        writer.rows("SELECT pg_logical_emit_message(true, 'p', repeat('x', 4 << 20))");
        writer.rows("CHECKPOINT");
      }
      assertThat(writer.rows("SELECT wal_status, invalidation_reason FROM pg_replication_slots"))
          .containsExactly(List.of("lost", "wal_removed"));
      try (PgConnection late = PgConnection.replication(capped)) {
        assertThat(late.run(START.formatted("0/0")))
            .filteredOn(message -> message.type() == 'E')
            .singleElement()
            .satisfies(
                error -> {
                  assertThat(error.sqlState()).isEqualTo("55000");
                  assertThat(error.describe()).contains("can no longer access replication slot");
                });
      }
    }
  }
}

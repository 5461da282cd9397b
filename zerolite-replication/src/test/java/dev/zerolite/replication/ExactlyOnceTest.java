package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.config.ReplicationMode;
import dev.zerolite.pglite.Backend;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A slot's snapshot, imported by several connections at once, plus its stream is the table: nothing
 * missing, nothing twice, while others write, and when the server crashes, is killed or restarted.
 */
@Timeout(300)
class ExactlyOnceTest {
  private static final int COPIES = 3;
  private static final int WRITERS = 3;

  @Test
  void copyAndStreamAreTheTable() throws Exception {
    try (OurServer server = OurServer.start(Map.of())) {
      check(server, false, () -> server);
    }
  }

  @Test
  void withTriggersToo() throws Exception {
    try (OurServer server = OurServer.start(Map.of(), ReplicationMode.TRIGGERS)) {
      check(
          server,
          true,
          () -> {
            crashOneBackend(server);
            return server;
          });
    }
  }

  @Test
  void aCrashedBackendTakesNothingAway() throws Exception {
    try (OurServer server = OurServer.start(Map.of())) {
      check(
          server,
          true,
          () -> {
            crashOneBackend(server);
            return server;
          });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"DECODING", "TRIGGERS"})
  void kill9TakesNothingAway(ReplicationMode mode, @TempDir Path directory) throws Exception {
    Path data = directory.resolve("data");
    ServerProcess first = ServerProcess.start(data, mode);
    AtomicReference<ServerProcess> second = new AtomicReference<>();
    try {
      check(
          first,
          true,
          () -> {
            first.kill();
            second.set(ServerProcess.start(data, mode));
            return second.get();
          });
    } finally {
      first.close();
      if (second.get() != null) {
        second.get().close();
      }
    }
  }

  @Test
  void aRestartTakesNothingAway(@TempDir Path directory) throws Exception {
    Path data = directory.resolve("data");
    ServerProcess first = ServerProcess.start(data);
    AtomicReference<ServerProcess> second = new AtomicReference<>();
    try {
      check(
          first,
          true,
          () -> {
            first.close();
            second.set(ServerProcess.start(data));
            return second.get();
          });
    } finally {
      first.close();
      if (second.get() != null) {
        second.get().close();
      }
    }
  }

  /**
   * @param interrupted whether connections end in the middle
   * @param interruption what happens to the server in the middle; returns the one to go on with
   */
  private static void check(PgServer server, boolean interrupted, Callable<PgServer> interruption)
      throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      try (PgConnection sql = PgConnection.open(server)) {
        sql.rows("CREATE TABLE t (id int PRIMARY KEY, n int); CREATE PUBLICATION p FOR TABLE t");
        sql.rows("INSERT INTO t SELECT i, 0 FROM generate_series(0, 299) i");
      }
      List<Future<Integer>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        int writer = i;
        writers.add(threads.submit(() -> write(server, writer, stop)));
      }
      PgConnection replication = PgConnection.replication(server);
      String snapshot =
          replication.rows("CREATE_REPLICATION_SLOT s LOGICAL pgoutput").get(0).get(2);
      List<Future<Map<Integer, Integer>>> copies = new ArrayList<>();
      for (int i = 0; i < COPIES; i++) {
        copies.add(threads.submit(() -> copy(server, snapshot)));
      }
      Map<Integer, Integer> table = copies.get(0).get(60, TimeUnit.SECONDS);
      for (Future<Map<Integer, Integer>> copy : copies) {
        assertThat(copy.get(60, TimeUnit.SECONDS)).isEqualTo(table);
      }
      Stream stream = new Stream(replication, table);
      stream.start();
      stream.read(30);
      stream.acknowledge();
      stream.read(30);
      PgServer next = interruption.call();
      stop.set(true);
      for (Future<Integer> writer : writers) {
        assertThat(writer.get(60, TimeUnit.SECONDS)).isPositive();
      }
      if (interrupted) {
        replication.close();
        stream.reopen(reconnect(next));
      }
      try (PgConnection after = PgConnection.open(next)) {
        after.rows("INSERT INTO t VALUES (-1, 0)");
        stream.readUntil(-1);
        assertThat(table).isEqualTo(table(after));
      }
      stream.close();
    } finally {
      stop.set(true);
      threads.shutdown();
      threads.awaitTermination(60, TimeUnit.SECONDS);
    }
  }

  /** Adds to rows, deletes some and makes them again, until told to stop or cut off. */
  private static int write(PgServer server, int writer, AtomicBoolean stop) throws IOException {
    int rounds = 0;
    try (PgConnection sql = PgConnection.open(server)) {
      while (!stop.get()) {
        int id = (rounds * 7 + writer * 31) % 300;
        sql.run("UPDATE t SET n = n + 1 WHERE id = " + id);
        if (rounds % 3 == 0) {
          sql.run(
              "BEGIN; DELETE FROM t WHERE id = %1$d; INSERT INTO t VALUES (%1$d, %2$d); COMMIT"
                  .formatted((id + 150) % 300, rounds));
        }
        if (rounds % 10 == 0) {
          sql.run("BEGIN; UPDATE t SET n = -1; ROLLBACK");
        }
        rounds++;
      }
    } catch (IOException e) {
      return rounds; // the crash
    }
    return rounds;
  }

  private static Map<Integer, Integer> copy(PgServer server, String snapshot) throws IOException {
    try (PgConnection sql = PgConnection.open(server)) {
      sql.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      sql.rows("SET TRANSACTION SNAPSHOT '" + snapshot + "'");
      return table(sql);
    }
  }

  private static Map<Integer, Integer> table(PgConnection sql) throws IOException {
    Map<Integer, Integer> rows = new TreeMap<>();
    for (List<String> row : sql.rows("SELECT id, n FROM t")) {
      rows.put(Integer.parseInt(row.get(0)), Integer.parseInt(row.get(1)));
    }
    return rows;
  }

  /** An exception that no one expects, in the middle of sending an answer. */
  private static void crashOneBackend(OurServer server) throws Exception {
    AtomicBoolean armed = new AtomicBoolean();
    Backend backend =
        server
            .cluster()
            .start(
                Map.of("user", "postgres", "database", "postgres"),
                (bytes, offset, length) -> {
                  if (armed.get()) {
                    throw new IllegalStateException("a bug, for the test");
                  }
                });
    armed.set(true);
    byte[] query = PgConnection.query("SELECT 1");
    backend.receive(query, 0, query.length);
    assertThat(backend.awaitEnd(Duration.ofSeconds(20))).isTrue();
  }

  private static PgConnection reconnect(PgServer server) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try {
        return PgConnection.replication(server);
      } catch (IOException e) {
        assertThat(System.nanoTime()).isLessThan(deadline); // 57P03 until it has recovered
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  /** Applies transactions to a copy of the table, strictly. */
  private static final class Stream {
    private final Map<Integer, Integer> table;
    private PgConnection connection;
    private long applied;
    private int last;

    Stream(PgConnection connection, Map<Integer, Integer> table) {
      this.connection = connection;
      this.table = table;
    }

    void start() throws IOException {
      connection.send(
          PgConnection.query(
              "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1', publication_names 'p')"));
      PgMessage answer = connection.read();
      assertThat(answer.type()).as(answer.describe()).isEqualTo('W');
    }

    void reopen(PgConnection newConnection) throws IOException {
      connection = newConnection;
      start();
    }

    void close() throws IOException {
      connection.close();
    }

    void read(int transactions) throws IOException {
      for (int i = 0; i < transactions; i++) {
        readTransaction();
      }
    }

    void readUntil(int id) throws IOException {
      while (last != id) {
        readTransaction();
      }
    }

    private void readTransaction() throws IOException {
      boolean repeated = false;
      while (true) {
        PgMessage message = connection.read();
        assertThat(message.type()).as(message.describe()).isEqualTo('d');
        if (message.body()[0] != 'w') {
          continue;
        }
        ByteBuffer change =
            ByteBuffer.wrap(Arrays.copyOfRange(message.body(), 25, message.body().length));
        char kind = (char) change.get();
        if (kind == 'B') {
          // what was not acknowledged before a crash may come again: it is known by its position
          repeated = change.getLong() < applied;
        } else if (kind == 'C') {
          applied = Math.max(applied, change.getLong(10));
          return;
        } else if (kind != 'R' && !repeated) {
          apply(kind, change);
        }
      }
    }

    private void apply(char kind, ByteBuffer change) {
      change.getInt();
      change.get(); // N or K: keys never change here
      change.getShort();
      last = number(change);
      if (kind == 'D') {
        assertThat(table.remove(last)).as("deleted row " + last).isNotNull();
      } else {
        Integer before = table.put(last, number(change));
        assertThat(before == null).as("row " + last + " is new").isEqualTo(kind == 'I');
      }
    }

    private static int number(ByteBuffer change) {
      assertThat((char) change.get()).isEqualTo('t');
      byte[] text = new byte[change.getInt()];
      change.get(text);
      return Integer.parseInt(new String(text, StandardCharsets.US_ASCII));
    }

    void acknowledge() throws IOException {
      ByteBuffer status = ByteBuffer.allocate(34).put((byte) 'r');
      status.putLong(applied).putLong(applied).putLong(applied);
      connection.send(PgConnection.message('d', status.array()));
    }
  }
}

package dev.zerolite.pglite.stress;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.SqlSession;
import dev.zerolite.pglite.host.Engine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/** The program that {@link KillTest} kills; see {@link KilledProgram}. */
final class KilledWriters {
  static final int WRITERS = 4;

  private static final Map<String, String> STARTUP =
      Map.of("user", "postgres", "database", "postgres");

  private final Cluster cluster;
  private final long seed;

  private KilledWriters(Cluster cluster, long seed) {
    this.cluster = cluster;
    this.seed = seed;
  }

  public static void main(String[] arguments) throws Exception {
    long begun = System.nanoTime();
    Map<Integer, Integer> acknowledged = KilledProgram.acknowledged(arguments[3]);
    ClusterOptions options =
        ClusterOptions.onDisk(Path.of(arguments[0])).withSetting("fsync", arguments[2]);
    try (Cluster cluster = Cluster.start(Engine.load(), options)) {
      KilledProgram.say("RECOVERED " + (System.nanoTime() - begun) / 1_000_000);
      try (SqlSession sql = SqlSession.open(cluster, STARTUP)) {
        KillLedger ledger = new KillLedger(sql);
        ledger.createIfMissing();
        for (String fault : ledger.faults(acknowledged)) {
          KilledProgram.say("FAULT " + fault);
        }
        Map<Integer, Integer> last = ledger.last();
        last.forEach((worker, seq) -> KilledProgram.say("LAST " + worker + " " + seq));
        KilledProgram.say("WRITING");
        if (arguments.length == 4) {
          new KilledWriters(cluster, Long.parseLong(arguments[1])).write(last);
        }
      }
    }
    System.exit(0);
  }

  private void write(Map<Integer, Integer> last) throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    for (int worker = 0; worker < WRITERS; worker++) {
      int writer = worker;
      int seq = last.getOrDefault(worker, 0);
      Thread thread =
          new Thread(
              () -> {
                try {
                  write(writer, seq + 1);
                } catch (Exception e) {
                  e.printStackTrace();
                  KilledProgram.say("FAULT writer " + writer + ": " + e);
                } finally {
                  failed.countDown();
                }
              },
              "writer-" + worker);
      thread.setDaemon(true);
      thread.start();
    }
    failed.await();
  }

  private void write(int writer, int first) throws Exception {
    Random random = new Random(seed * 31 + writer);
    int made = 0;
    try (SqlSession sql = SqlSession.open(cluster, STARTUP)) {
      for (int seq = first; ; seq++) {
        String own = "worker = " + writer + " AND seq = ";
        int kind = random.nextInt(24);
        if (kind == 0) {
          sql.query("BEGIN");
          insertItems(sql, writer, -seq, 1 + random.nextInt(50), 1);
          sql.query("ROLLBACK");
        }
        if (kind == 1) {
          String table = random.nextBoolean() ? "item" : "ledger";
          sql.query((random.nextInt(4) == 0 ? "VACUUM (FULL) " : "VACUUM (ANALYZE) ") + table);
        }
        if (kind == 2) {
          sql.query("CHECKPOINT");
        }
        sql.query("BEGIN");
        if (kind == 3) {
          String table = KillLedger.table(writer, seq);
          int rows = random.nextInt(3000);
          sql.query("CREATE TABLE " + table + " (id int PRIMARY KEY, v text)");
          sql.query(
              "INSERT INTO %s SELECT i, repeat('x', i %% 300) FROM generate_series(1, %d) i"
                  .formatted(table, rows));
          record(sql, writer, seq, "create", rows, 0);
          made = seq;
        } else if (kind == 4 && made > 0) {
          sql.query("DROP TABLE " + KillLedger.table(writer, made));
          record(sql, writer, seq, "drop", 0, made);
          made = 0;
        } else if (kind == 5 && seq > 1) {
          int old = 1 + random.nextInt(seq - 1);
          sql.query("DELETE FROM item WHERE " + own + old);
          sql.query("UPDATE ledger SET rows = 0 WHERE kind = 'rows' AND " + own + old);
          record(sql, writer, seq, "delete", 0, old);
        } else {
          int rows = random.nextInt(10) == 0 ? random.nextInt(500) : random.nextInt(5);
          insertItems(sql, writer, seq, rows, random.nextInt(10) == 0 ? 400 : 3);
          transfer(sql, random);
          record(sql, writer, seq, "rows", rows, 0);
        }
        sql.query("COMMIT");
        KilledProgram.say("ACK " + writer + " " + seq);
      }
    }
  }

  private static void insertItems(SqlSession sql, int writer, int seq, int rows, int copies)
      throws Exception {
    sql.query(
        "INSERT INTO item SELECT %d, %d, i, %d, repeat(md5('%d.%d.' || i), %d) FROM generate_series(1, %d) i"
            .formatted(writer, seq, copies, writer, seq, copies, rows));
  }

  private static void transfer(SqlSession sql, Random random) throws Exception {
    // In the order of their numbers, so that there are no deadlocks.
    int from = 1 + random.nextInt(KillLedger.ACCOUNTS - 1);
    int to = from + 1 + random.nextInt(KillLedger.ACCOUNTS - from);
    int amount = random.nextInt(20) - 10;
    for (List<Integer> change : List.of(List.of(from, -amount), List.of(to, amount))) {
      sql.query(
          "UPDATE account SET balance = balance + %d WHERE id = %d"
              .formatted(change.get(1), change.get(0)));
    }
  }

  private static void record(SqlSession sql, int writer, int seq, String kind, int rows, int target)
      throws Exception {
    sql.query(
        "INSERT INTO ledger VALUES (%d, %d, '%s', %d, %d)"
            .formatted(writer, seq, kind, rows, target));
  }
}

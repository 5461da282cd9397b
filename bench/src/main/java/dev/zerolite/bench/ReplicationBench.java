package dev.zerolite.bench;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a commit takes to reach a consumer, how many rows per second reach it, and what a
 * consumer costs those who write. Ours and native PostgreSQL.
 */
final class ReplicationBench {
  private static final int COMMITS_PER_SECOND = 100;
  static final int BULK_ROWS = 200_000;
  private static final int LARGE_ROWS = 1_000_000;
  private static final int BULK_STATEMENTS = 3;
  private static final int ROUNDS = 5;
  private static final int IDLE_SECONDS = 60;
  private static final int WARM_UP = 3;

  /** Latency is that of compiled code, however short the rest is. */
  private static final int WARM_SECONDS = 15;

  private final double seconds;

  ReplicationBench(double seconds) {
    this.seconds = seconds;
  }

  private record Latency(Samples sinceSent, Samples sinceCommit) {}

  private record Figures(
      Latency latency, double bulkRows, Rates alone, Rates watched, double large, double[] idle) {
    double lossOfSingle() {
      return watched.lossOfSingle(alone);
    }

    double lossOfBulk() {
      return watched.lossOfBulk(alone);
    }
  }

  void run() throws Exception {
    try (var ours = OurServer.start();
        var postgres = NativeServer.start()) {
      var mine = measure(ours.endpoint());
      var theirs = measure(postgres.endpoint());
      var table = new RatioTable(List.of(ours.endpoint().name(), postgres.endpoint().name()));
      for (double quantile : new double[] {0.5, 0.99}) {
        long percent = Math.round(quantile * 100);
        row(
            table,
            "committed to row received, p" + percent,
            mine.latency().sinceCommit().quantile(quantile),
            theirs.latency().sinceCommit().quantile(quantile),
            "µs");
        row(
            table,
            "INSERT sent to its row received, p" + percent,
            mine.latency().sinceSent().quantile(quantile),
            theirs.latency().sinceSent().quantile(quantile),
            "µs");
      }
      row(table, "rows of one statement received", mine.bulkRows(), theirs.bulkRows(), "rows/s");
      row(table, "single-row commits alone", mine.alone().single(), theirs.alone().single(), "/s");
      row(table, "with a consumer", mine.watched().single(), theirs.watched().single(), "/s");
      row(table, "200k-row inserts alone", mine.alone().bulk(), theirs.alone().bulk(), "rows/s");
      row(table, "with a consumer", mine.watched().bulk(), theirs.watched().bulk(), "rows/s");
      row(table, "loss of single-row commits", mine.lossOfSingle(), theirs.lossOfSingle(), "%");
      row(table, "loss of inserts", mine.lossOfBulk(), theirs.lossOfBulk(), "%");
      row(table, "a transaction of 1 M rows, sent and received", mine.large(), theirs.large(), "s");
      table.print();
      // native servers use other processes' time
      System.out.printf(
          "CPU of this JVM with an idle consumer: %.2f %% in the first minute, %.2f %% in the second%n",
          mine.idle()[0], mine.idle()[1]);
    }
  }

  private static void row(RatioTable table, String name, double mine, double theirs, String unit) {
    table.values(name, new double[] {mine, theirs}, unit);
  }

  private Figures measure(Endpoint endpoint) throws Exception {
    try (var writer = endpoint.session()) {
      run(
          writer,
          "create table stream (id serial primary key, sent int8, t text);"
              + " create publication bench for table stream");
      Latency latency;
      double rate;
      double[] idle;
      try (var consumer = ReplicationConsumer.start(endpoint)) {
        for (int i = 0; i < WARM_UP; i++) {
          single(writer, (double) WARM_SECONDS / WARM_UP);
          bulk(writer);
        }
        consumer.awaitQuiet();
        latency = latency(writer, consumer);
        consumer.awaitQuiet();
        idle = new double[] {idle(), idle()}; // what was busy is still being compiled at first
        rate = consumer.bestRate();
      }
      var alone = new Rates();
      var watched = new Rates();
      for (int round = 0; round < ROUNDS; round++) {
        alone.add(this, writer);
        try (var consumer = ReplicationConsumer.start(endpoint)) {
          watched.add(this, writer);
          consumer.awaitQuiet();
        }
      }
      try (var consumer = ReplicationConsumer.start(endpoint)) {
        return new Figures(latency, rate, alone, watched, large(writer, consumer), idle);
      }
    }
  }

  /** What a writer gets done per second, by round. */
  private static final class Rates {
    private final List<Double> single = new ArrayList<>();
    private final List<Double> bulk = new ArrayList<>();

    /** Each round begins with an empty table, so that none has longer ways in its index. */
    void add(ReplicationBench bench, Session writer) throws Exception {
      run(writer, "truncate stream");
      single.add(ReplicationBench.single(writer, bench.seconds));
      bulk.add(ReplicationBench.bulk(writer));
    }

    double single() {
      return median(single);
    }

    double bulk() {
      return median(bulk);
    }

    /** In percent, each round compared with the one before it. */
    double lossOfSingle(Rates alone) {
      return loss(alone.single, single);
    }

    double lossOfBulk(Rates alone) {
      return loss(alone.bulk, bulk);
    }

    private static double loss(List<Double> alone, List<Double> watched) {
      var losses = new ArrayList<Double>();
      for (int i = 0; i < alone.size(); i++) {
        losses.add(100 * (1 - watched.get(i) / alone.get(i)));
      }
      return median(losses);
    }

    private static double median(List<Double> values) {
      return values.stream().sorted().toList().get(values.size() / 2);
    }
  }

  private static void run(Session writer, String sql) throws Exception {
    writer.exchange(new Messages().query(sql).toBytes(), 1);
  }

  private static double single(Session writer, double seconds) throws Exception {
    long start = System.nanoTime();
    int count = 0;
    while (System.nanoTime() - start < seconds * 1e9) {
      writer.exchange(insert(0), 1);
      count++;
    }
    return count / ((System.nanoTime() - start) / 1e9);
  }

  /**
   * Statements one right after the other: what is left to decode of one is there during the next.
   */
  private static double bulk(Session writer) throws Exception {
    long start = System.nanoTime();
    for (int i = 0; i < BULK_STATEMENTS; i++) {
      writer.exchange(bulk(BULK_ROWS), 1);
    }
    return BULK_STATEMENTS * BULK_ROWS / ((System.nanoTime() - start) / 1e9);
  }

  private static double large(Session writer, ReplicationConsumer consumer) throws Exception {
    long start = System.nanoTime();
    writer.exchange(bulk(LARGE_ROWS), 1);
    consumer.awaitTransaction(LARGE_ROWS);
    return (System.nanoTime() - start) / 1e9;
  }

  /** Percent of one core. */
  private static double idle() throws InterruptedException {
    var process =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long before = process.getProcessCpuTime();
    TimeUnit.SECONDS.sleep(IDLE_SECONDS);
    return (process.getProcessCpuTime() - before) / 1e7 / IDLE_SECONDS;
  }

  private Latency latency(Session writer, ReplicationConsumer consumer) throws Exception {
    long next = System.nanoTime();
    int commits = (int) (COMMITS_PER_SECOND * 10 * seconds);
    consumer.take();
    for (int i = 0; i < commits; i++) {
      LockSupport.parkNanos(next - System.nanoTime());
      next += TimeUnit.SECONDS.toNanos(1) / COMMITS_PER_SECOND;
      writer.exchange(insert(System.nanoTime()), 1);
    }
    consumer.awaitQuiet();
    var sinceSent = new Samples();
    var sinceCommit = new Samples();
    for (var age : consumer.take()) {
      sinceSent.add(age.sinceSent());
      sinceCommit.add(age.sinceCommit());
    }
    int warm = sinceSent.count() * 3 / 4;
    return new Latency(sinceSent.last(warm), sinceCommit.last(warm));
  }

  private static byte[] insert(long sent) {
    return new Messages()
        .parse("", "insert into stream (sent, t) values ($1, 'a row of some length')")
        .bind("", sent)
        .describePortal()
        .execute()
        .sync()
        .toBytes();
  }

  private static byte[] bulk(int rows) {
    return new Messages()
        .query(
            "insert into stream (sent, t) select 0, 'row ' || i from generate_series(1, "
                + rows
                + ") i")
        .toBytes();
  }

  /** The column {@code sent} of an Insert message, see "Logical Replication Message Formats". */
  static long sent(ByteBuffer message) {
    // 'I', relation, 'N', number of columns; each column: 't', length, text
    int position = message.position() + 1 + 4 + 1 + 2;
    position += 1 + 4 + message.getInt(position + 1);
    int length = message.getInt(position + 1);
    var text = new byte[length];
    for (int i = 0; i < length; i++) {
      text[i] = message.get(position + 5 + i);
    }
    return Long.parseLong(new String(text, java.nio.charset.StandardCharsets.US_ASCII));
  }
}

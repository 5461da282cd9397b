package dev.zerolite.replication;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Several connections that write to the same tables at once until they are stopped. */
final class Writers implements AutoCloseable {
  static final List<String> TABLES = List.of("account", "entry", "document", "region");

  static final String SCHEMA =
      """
      CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
      CREATE TABLE account (id int PRIMARY KEY, balance numeric(12,2) NOT NULL, m mood, at timestamptz);
      CREATE TABLE entry (id bigint PRIMARY KEY, account int, note text, tags text[], r int4range);
      CREATE TABLE document (id int, body text, meta jsonb, n int);
      ALTER TABLE document REPLICA IDENTITY FULL;
      CREATE TABLE region (id int, k int, v bytea, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
      CREATE TABLE region_low PARTITION OF region FOR VALUES FROM (0) TO (50);
      CREATE TABLE region_high PARTITION OF region FOR VALUES FROM (50) TO (100)""";

  static final String ROWS =
      """
      INSERT INTO account SELECT i, i * 1.5, 'ok', '2026-01-01' FROM generate_series(0, 199) i;
      INSERT INTO entry SELECT i, i % 200, 'first ' || i, ARRAY['a', NULL, 'ä"'], int4range(i, i + 5)
        FROM generate_series(-1000, 0) i;
      INSERT INTO document SELECT i, repeat(md5(i::text), i * 20), '{"a": [1, null]}', i
        FROM generate_series(0, 49) i;
      INSERT INTO region SELECT i, i % 100, decode(md5(i::text), 'hex') FROM generate_series(0, 199) i""";

  /** Deadlock, key taken, row gone to another partition: what meets who writes beside others. */
  private static final List<String> CONFLICTS = List.of("40P01", "23505", "40001");

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> running = new ArrayList<>();
  private final AtomicInteger commits = new AtomicInteger();
  private volatile boolean stopped;

  Writers(PgServer server, int count, int seed) {
    for (int i = 0; i < count; i++) {
      int writer = i;
      running.add(
          threads.submit(
              () -> {
                write(server, seed, writer);
                return null;
              }));
    }
  }

  int commits() {
    return commits.get();
  }

  private void write(PgServer server, int seed, int writer) throws SQLException {
    Random random = new Random(seed * 31L + writer);
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      // no key twice, also not by those who come after: an insertion that fails is in the WAL too
      long next = (seed * 100L + writer) * 1_000_000L + 1;
      while (!stopped) {
        try {
          int statements = 1 + random.nextInt(5);
          for (int i = 0; i < statements; i++) {
            statement.execute(change(random, next++));
          }
          if (random.nextInt(10) == 0) {
            connection.rollback();
          } else {
            connection.commit();
            commits.incrementAndGet();
          }
        } catch (SQLException e) {
          if (!CONFLICTS.contains(e.getSQLState())) {
            throw e;
          }
          connection.rollback();
        }
      }
    }
  }

  private static String change(Random random, long next) {
    int row = random.nextInt(200);
    return switch (random.nextInt(12)) {
      case 0, 1, 2 ->
          "INSERT INTO entry VALUES (%d, %d, 'n', '{x,y}', '[1,2)')".formatted(next, row);
      case 3, 4 ->
          "UPDATE account SET balance = balance + 1, m = 'happy', at = now() WHERE id = " + row;
      case 5 -> "DELETE FROM entry WHERE account = " + row;
      case 6 -> "UPDATE document SET n = n + 1 WHERE id = " + row % 50;
      case 7 ->
          "UPDATE document SET body = (SELECT string_agg(md5(i::text), '') FROM"
              + " generate_series(1, %d) i) WHERE id = %d".formatted(row, row % 50);
      case 8 -> "UPDATE region SET k = (k + 37) %% 100 WHERE id = %d".formatted(row);
      case 9 -> "INSERT INTO region VALUES (%d, %d, '\\x01ff')".formatted(1000 + next, row % 100);
      case 10 ->
          "INSERT INTO account SELECT i, 0, 'sad', now() FROM generate_series(%d, %d) i"
                  .formatted(row, row + 30)
              + " ON CONFLICT (id) DO UPDATE SET balance = account.balance - 1";
      default ->
          random.nextInt(20) == 0 ? "TRUNCATE region" : "DELETE FROM region WHERE id = " + row;
    };
  }

  /** Waits until this many more transactions have been committed. */
  void awaitCommits(int count) throws InterruptedException {
    int target = commits.get() + count;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (commits.get() < target) {
      for (Future<?> writer : running) {
        if (writer.isDone()) {
          throw new AssertionError("a writer has ended early: " + writer);
        }
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(commits + " commits, " + target + " expected");
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** Stops them and tells if one had failed. */
  void stop() throws Exception {
    stopped = true;
    for (Future<?> writer : running) {
      writer.get(60, TimeUnit.SECONDS);
    }
  }

  @Override
  public void close() {
    stopped = true;
    threads.shutdown();
    try {
      threads.awaitTermination(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

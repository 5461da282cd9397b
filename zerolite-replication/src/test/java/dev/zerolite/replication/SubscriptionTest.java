package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * PostgreSQL itself as the consumer: CREATE SUBSCRIPTION while others write, so that the initial
 * copy of each table and the stream have to meet exactly; then every table is compared.
 */
@Timeout(300)
class SubscriptionTest {
  private static final int WRITERS = 3;
  private static final int COMMITS = 60;

  /**
   * Of the subscriber, which else pauses for seconds between the copies of tables, and whose log is
   * read through SQL.
   */
  private static final Map<String, String> QUICK =
      Map.of(
          "wal_retrieve_retry_interval",
          "100ms",
          "max_sync_workers_per_subscription",
          "4",
          "max_logical_replication_workers",
          "8",
          "logging_collector",
          "on");

  /** Several times logical_decoding_work_mem, so that it is streamed before it is committed. */
  private static final String LARGE_TRANSACTION =
      "INSERT INTO entry SELECT i, i % 200, 'large ' || i FROM generate_series(-9000, -5000) i";

  private OurServer ours;

  @BeforeEach
  void start() throws Exception {
    ours = OurServer.start(Map.of("logical_decoding_work_mem", "64kB"));
    run(ours, Writers.SCHEMA);
    run(ours, Writers.ROWS);
    run(ours, "CREATE PUBLICATION p FOR ALL TABLES");
  }

  @AfterEach
  void stop() {
    ours.close();
  }

  @Test
  void aNativePostgresFollows() throws Exception {
    try (PgServer subscriber = NativeServer.start(QUICK)) {
      follow(subscriber, "streaming = parallel");
    }
  }

  @Test
  void aNativePostgresFollowsInBinary() throws Exception {
    try (PgServer subscriber = NativeServer.start(QUICK)) {
      follow(subscriber, "binary, origin = none, failover, streaming = on");
    }
  }

  @Test
  void anOlderPostgresFollows() throws Exception {
    try (PgServer subscriber = DebianServer.start(QUICK)) {
      follow(subscriber, "streaming = on");
    }
  }

  private void follow(PgServer subscriber, String options) throws Exception {
    run(subscriber, Writers.SCHEMA);
    try (Writers writers = new Writers(ours, WRITERS, 1)) {
      writers.awaitCommits(COMMITS / 5);
      run(
          subscriber,
          "CREATE SUBSCRIPTION s CONNECTION '%s' PUBLICATION p WITH (%s)"
              .formatted(ours.connectionString(), options));
      writers.awaitCommits(COMMITS);
      writers.stop();
    }
    awaitTables(subscriber);
    assertSame(subscriber);

    // a subscriber that was away, and one that is told to copy a table later
    run(subscriber, "ALTER SUBSCRIPTION s DISABLE");
    await(ours, "SELECT NOT bool_or(active) FROM pg_replication_slots");
    run(ours, "CREATE TABLE late (id int PRIMARY KEY, v text)");
    run(subscriber, "CREATE TABLE late (id int PRIMARY KEY, v text)");
    fillInSmallTransactions("late");
    try (Writers writers = new Writers(ours, WRITERS, 2)) {
      run(ours, LARGE_TRANSACTION);
      writers.awaitCommits(COMMITS / 3);
      run(subscriber, "ALTER SUBSCRIPTION s ENABLE");
      run(subscriber, "ALTER SUBSCRIPTION s REFRESH PUBLICATION");
      writers.awaitCommits(COMMITS / 3);
      writers.stop();
    }
    awaitTables(subscriber);
    assertSame(subscriber);
    assertThat(checksum(subscriber, "late")).isEqualTo(checksum(ours, "late"));
    assertThat(value(ours, "SELECT stream_txns > 0 FROM pg_stat_replication_slots")).isEqualTo("t");
    run(subscriber, "DROP SUBSCRIPTION s");
    assertThat(value(ours, "SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
  }

  /**
   * Transactions that are never streamed. A parallel apply worker ends with an error, to be tried
   * again by another, when it is at a table whose copying REFRESH PUBLICATION has just asked for
   * (should_apply_changes_for_rel() in PostgreSQL's worker.c); errors are none only without that.
   */
  private void fillInSmallTransactions(String table) throws SQLException {
    for (int i = 0; i < 2000; i += 100) {
      run(
          ours,
          "INSERT INTO %s SELECT i, 'l' || i FROM generate_series(%d, %d) i"
              .formatted(table, i, i + 99));
    }
  }

  private void awaitTables(PgServer subscriber) throws Exception {
    await(subscriber, "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel");
    String end = value(ours, "SELECT pg_current_wal_insert_lsn()");
    await(
        ours,
        "SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots WHERE slot_name = 's'"
            .formatted(end));
  }

  private void assertSame(PgServer subscriber) throws SQLException {
    for (String table : Writers.TABLES) {
      assertThat(checksum(subscriber, table)).as(table).isEqualTo(checksum(ours, table));
    }
    assertThat(
            value(
                subscriber,
                "SELECT sum(apply_error_count + sync_error_count) FROM pg_stat_subscription_stats"))
        .as(() -> log(subscriber))
        .isEqualTo("0");
  }

  private static String checksum(PgServer server, String table) throws SQLException {
    return value(
        server,
        "SELECT count(*) || ' rows, ' || md5(string_agg(t::text, ',' ORDER BY t::text)) FROM %s t"
            .formatted(table));
  }

  private static String log(PgServer server) {
    try {
      return "the log of "
          + server
          + ":\n"
          + value(server, "SELECT pg_read_file(pg_current_logfile())");
    } catch (SQLException e) {
      return "no log: " + e.getMessage();
    }
  }

  private static void run(PgServer server, String sql) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String value(PgServer server, String sql) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? result.getString(1) : null;
    }
  }

  private static void await(PgServer server, String question) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (!"t".equals(value(server, question))) {
      assertThat(System.nanoTime()).as(question + " on " + server).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}

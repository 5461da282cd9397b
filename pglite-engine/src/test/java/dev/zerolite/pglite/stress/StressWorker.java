package dev.zerolite.pglite.stress;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import dev.zerolite.pglite.testing.WireClient.SqlFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * One session of the stress: runs random transactions and counts what it has committed. What must
 * hold at any time it checks itself; what must hold in the end is for {@link StressSchema}, where
 * each transaction that leaves something writes a line into the journal.
 */
final class StressWorker implements AutoCloseable {
  /** Is told what happens, by several workers at once. */
  interface Witness {
    /** The server has answered that this transaction is committed. */
    void committed(int worker, int seq);

    void violation(String text);
  }

  /** Errors that concurrency may cause: the transaction is rolled back and not counted. */
  private static final Set<String> EXPECTED =
      Set.of(
          "40001", // serialization_failure
          "40P01", // deadlock_detected
          "23505", // unique_violation
          "55P03"); // lock_not_available

  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(120);

  /** A kind of transaction and how often it is chosen. */
  private record Action(String name, int weight, Step step) {}

  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  private final int number;
  private final BackendStarter server;
  private final Witness witness;
  private final Random random;
  private final WireClient client;
  private final List<Action> actions;
  private final int totalWeight;
  private final Map<String, Integer> committed = new TreeMap<>();
  private final Map<String, Integer> expectedErrors = new TreeMap<>();
  private int lastSeq;
  private int temporaryRows;
  private int notifications;

  /**
   * @param lastSeq the number of its last transaction in the journal; 0 if there is none
   */
  StressWorker(int number, int lastSeq, BackendStarter server, long seed, Witness witness)
      throws Exception {
    this.number = number;
    this.lastSeq = lastSeq;
    this.server = server;
    this.witness = witness;
    this.random = new Random(seed);
    this.client = WireClient.open(server, "postgres", "stress " + number);
    query("LISTEN news");
    actions =
        List.of(
            new Action("transfer", 40, this::transfer),
            new Action("sum", 12, this::sumTwice),
            new Action("serializable", 10, this::onCall),
            new Action("savepoint", 8, this::savepoints),
            new Action("unique", 6, this::uniqueKey),
            new Action("queue", 8, this::takeFromQueue),
            new Action("advisory", 6, this::countUnderAdvisoryLock),
            new Action("notify", 4, this::sendNotification),
            new Action("temporary", 4, this::temporaryTable),
            new Action("ddl", 4, this::ownTable),
            new Action("sharedDdl", 2, this::changeSharedObjects),
            new Action("maintenance", 3, this::maintain),
            new Action("long", 1, this::longQuery),
            new Action("disconnect", 1, this::disconnectInTransaction),
            new Action("terminate", 1, this::terminateOther),
            new Action("cancel", 1, this::cancelOther));
    totalWeight = actions.stream().mapToInt(Action::weight).sum();
  }

  void runUntil(long deadlineNanos) throws Exception {
    while (System.nanoTime() < deadlineNanos) {
      Action action = choose();
      try {
        action.step().run();
        committed.merge(action.name(), 1, Integer::sum);
      } catch (SqlFailure e) {
        if (EXPECTED.contains(e.sqlState())) {
          expectedErrors.merge(e.sqlState(), 1, Integer::sum);
        } else {
          witness.violation("session %d, %s: %s".formatted(number, action.name(), e.getMessage()));
        }
        query("ROLLBACK");
        query("SELECT pg_advisory_unlock_all()");
      }
    }
  }

  private Action choose() {
    int left = random.nextInt(totalWeight);
    for (Action action : actions) {
      left -= action.weight();
      if (left < 0) {
        return action;
      }
    }
    throw new AssertionError();
  }

  private void commit(String action) throws Exception {
    query("INSERT INTO journal VALUES (%d, %d, '%s')".formatted(number, lastSeq + 1, action));
    query("COMMIT");
    acknowledge();
  }

  private void acknowledge() {
    lastSeq++;
    witness.committed(number, lastSeq);
  }

  private void transfer() throws Exception {
    int accounts = random.nextBoolean() ? StressSchema.HOT_ACCOUNTS : StressSchema.ACCOUNTS;
    int from = random.nextInt(accounts);
    int to = (from + 1 + random.nextInt(accounts - 1)) % accounts;
    int amount = random.nextInt(20);
    query("BEGIN");
    query("UPDATE account SET balance = balance - %d WHERE id = %d".formatted(amount, from));
    query("UPDATE account SET balance = balance + %d WHERE id = %d".formatted(amount, to));
    query("INSERT INTO history (f, t, amount) VALUES (%d, %d, %d)".formatted(from, to, amount));
    commit("transfer");
  }

  private void sumTwice() throws Exception {
    query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    String sum = value("SELECT sum(balance) FROM account");
    String again = value("SELECT sum(balance) FROM account WHERE id >= 0");
    String idle =
        value("SELECT count(*) FROM (SELECT FROM duty GROUP BY pair HAVING NOT bool_or(active)) x");
    query("COMMIT");
    String wanted = String.valueOf(StressSchema.ACCOUNTS * StressSchema.BALANCE);
    require(sum.equals(wanted) && again.equals(wanted), "sums " + sum + " and " + again);
    require(idle.equals("0"), idle + " pairs with nobody on call");
  }

  /** Of each pair one must be on call: only serializable transactions guarantee it. */
  private void onCall() throws Exception {
    int pair = random.nextInt(StressSchema.PAIRS);
    query("BEGIN ISOLATION LEVEL SERIALIZABLE");
    String active = value("SELECT count(*) FROM duty WHERE active AND pair = " + pair);
    require(!active.equals("0"), "nobody on call in pair " + pair);
    query(
        active.equals("2")
            ? "UPDATE duty SET active = false WHERE pair = %d AND member = %d"
                .formatted(pair, random.nextInt(2))
            : "UPDATE duty SET active = true WHERE pair = " + pair);
    commit("serializable");
  }

  private void savepoints() throws Exception {
    query("BEGIN");
    query(
        "INSERT INTO pad (w, s) SELECT %d, repeat('x', 500 + g * 7 %% 900) FROM generate_series(1, 20) g"
            .formatted(number));
    for (int i = 0; i < 5; i++) {
      query("SAVEPOINT s");
      query("INSERT INTO pad (w, s) VALUES (%d, 'gone')".formatted(number));
      query(
          "UPDATE account SET balance = balance + 1000 WHERE id = "
              + random.nextInt(StressSchema.ACCOUNTS));
      query("ROLLBACK TO s");
    }
    commit("savepoint");
  }

  private void uniqueKey() throws Exception {
    query("BEGIN");
    query("INSERT INTO uniq VALUES (%d, %d)".formatted(random.nextInt(1000), number));
    commit("unique");
  }

  private void takeFromQueue() throws Exception {
    query("BEGIN");
    query("INSERT INTO queue DEFAULT VALUES");
    query(
        """
        WITH taken AS (DELETE FROM queue WHERE id = (
          SELECT id FROM queue ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id)
        INSERT INTO done SELECT id FROM taken""");
    commit("queue");
  }

  /** Reads and writes in transactions of their own: only the advisory lock makes it safe. */
  private void countUnderAdvisoryLock() throws Exception {
    query("SELECT pg_advisory_lock(7)");
    int count = Integer.parseInt(value("SELECT n FROM counter"));
    query(
        """
        WITH counted AS (UPDATE counter SET n = %d RETURNING n)
        INSERT INTO journal SELECT %d, %d, 'advisory' FROM counted"""
            .formatted(count + 1, number, lastSeq + 1));
    acknowledge();
    query("SELECT pg_advisory_unlock(7)");
  }

  private void sendNotification() throws Exception {
    query("BEGIN");
    query("SELECT pg_notify('news', 'from %d: ' || clock_timestamp())".formatted(number));
    query("COMMIT");
  }

  private void temporaryTable() throws Exception {
    query("CREATE TEMP TABLE IF NOT EXISTS mine (x int PRIMARY KEY, s text)");
    query("INSERT INTO mine VALUES (%d, repeat('t', 100))".formatted(temporaryRows));
    temporaryRows++;
    String count = value("SELECT count(*) FROM mine");
    require(count.equals(String.valueOf(temporaryRows)), count + " temporary rows");
  }

  private void ownTable() throws Exception {
    String table = "own_" + number;
    query("CREATE TABLE %s (a int PRIMARY KEY, b text)".formatted(table));
    query("INSERT INTO %s SELECT g, g::text FROM generate_series(1, 200) g".formatted(table));
    query("CREATE INDEX ON %s (b)".formatted(table));
    query("ALTER TABLE %s ADD COLUMN c int DEFAULT 5".formatted(table));
    String sum = value("SELECT sum(a + c) FROM " + table);
    query("DROP TABLE " + table);
    require(sum.equals("21100"), "sum of the own table " + sum);
  }

  private void changeSharedObjects() throws Exception {
    int version = random.nextInt(1000);
    query("BEGIN");
    query("ALTER TABLE history ALTER COLUMN note SET DEFAULT 'v%d'".formatted(version));
    query("COMMIT");
  }

  private void maintain() throws Exception {
    List<String> commands =
        List.of(
            "VACUUM account",
            "VACUUM (FREEZE) history",
            "VACUUM ANALYZE pad",
            "VACUUM FULL queue",
            "REINDEX TABLE account",
            "REINDEX INDEX CONCURRENTLY history_f",
            "CLUSTER pad USING pad_pkey",
            "ANALYZE",
            "CHECKPOINT");
    query(commands.get(random.nextInt(commands.size())));
  }

  private void longQuery() throws Exception {
    String count =
        value("SELECT count(*) FROM generate_series(1, 100000) g, account a WHERE a.id = 1");
    require(count.equals("100000"), "count " + count);
  }

  private void disconnectInTransaction() throws Exception {
    WireClient other = openInTransaction();
    other.close();
    require(other.awaitEnd(Duration.ofSeconds(60)), "a session does not end");
  }

  private void terminateOther() throws Exception {
    try (WireClient other = openInTransaction()) {
      query("SELECT pg_terminate_backend(%d)".formatted(other.pid()));
      require(other.awaitEnd(Duration.ofSeconds(60)), "a terminated session does not end");
    }
  }

  /** A session with work that must vanish. */
  private WireClient openInTransaction() throws Exception {
    WireClient other = WireClient.open(server, "postgres", "stress, a guest");
    try {
      other.rows("BEGIN");
      other.rows("SET LOCAL lock_timeout = '1s'");
      other.rows(
          "UPDATE account SET balance = 0 WHERE id = " + random.nextInt(StressSchema.ACCOUNTS));
      other.rows("CREATE TABLE guest_%d (x int)".formatted(number));
      return other;
    } catch (SqlFailure | InterruptedException e) {
      other.close();
      throw e;
    }
  }

  private void cancelOther() throws Exception {
    try (WireClient other = WireClient.open(server, "postgres", "stress, a guest")) {
      // not in FROM: there its rows would be written to a temporary file
      other.send("SELECT max(g) FROM (SELECT generate_series(1, 1000000000) g) x");
      String active =
          "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid = " + other.pid();
      // a session that has not begun ignores the request
      while (value(active).equals("0")) {
        query("SELECT pg_sleep(0.005)");
      }
      other.cancel();
      String sqlState = "none";
      for (Message message = other.poll(Duration.ofSeconds(60));
          !(message instanceof Message.Ready);
          message = other.poll(Duration.ofSeconds(60))) {
        require(message != null, "a canceled query does not end");
        if (message instanceof Message.Failure failure) {
          sqlState = failure.report().sqlState();
        }
      }
      require(sqlState.equals("57014"), "a canceled query ended with " + sqlState);
    }
  }

  private String value(String sql) throws Exception {
    return query(sql).get(0).get(0);
  }

  private List<List<String>> query(String sql) throws InterruptedException {
    List<List<String>> rows = new ArrayList<>();
    SqlFailure failed = null;
    for (Message message : client.run(sql, ANSWER_TIMEOUT)) {
      if (message instanceof Message.Row row) {
        rows.add(row.values());
      } else if (message instanceof Message.Notification) {
        notifications++;
      } else if (message instanceof Message.Failure failure) {
        failed = new SqlFailure(failure.report(), sql);
      }
    }
    if (failed != null) {
      throw failed;
    }
    return rows;
  }

  private void require(boolean holds, String violation) {
    if (!holds) {
      witness.violation("session " + number + ": " + violation);
    }
  }

  /** Waits until so many notifications have come, in all. */
  int awaitNotifications(int wanted) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (notifications < wanted && System.nanoTime() < deadline) {
      query("SELECT pg_sleep(0.01)");
    }
    return notifications;
  }

  /** How often each action was completed. */
  Map<String, Integer> committed() {
    return committed;
  }

  Map<String, Integer> expectedErrors() {
    return expectedErrors;
  }

  @Override
  public void close() {
    client.close();
  }
}

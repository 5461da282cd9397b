package dev.zerolite.pglite.isolation;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import net.jqwik.api.arbitraries.ListArbitrary;

/**
 * Statements in the order in which sessions send them. One whose session waits is left out; one
 * whose session's transaction has failed becomes a ROLLBACK.
 */
record Schedule(List<Pick> picks) {
  /**
   * One statement of one session.
   *
   * @param begin what begins a transaction for it, if the session is not in one; empty for none
   */
  record Pick(int session, String begin, String sql) {
    @Override
    public String toString() {
      return "s" + session + ": " + sql + (begin.isEmpty() ? "" : " -- " + begin);
    }
  }

  static final int MAX_SESSIONS = 6;

  /** The tables that the statements work on. */
  static final List<String> SETUP =
      List.of(
          "DROP TABLE IF EXISTS c, t, n",
          "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, k int UNIQUE)",
          "INSERT INTO t SELECT g, 10 * g, 100 * g FROM generate_series(1, 4) g",
          "CREATE TABLE c (id int PRIMARY KEY, t int NOT NULL REFERENCES t)",
          "INSERT INTO c SELECT g, g FROM generate_series(1, 2) g");

  /** What is compared in the end. */
  static final List<String> FINAL_STATE =
      List.of(
          "SELECT * FROM t ORDER BY id",
          "SELECT * FROM c ORDER BY id",
          "SELECT relname, relnatts FROM pg_class WHERE relname ~ '^(t|c|n)(_|$)' AND relkind IN ('r', 'i') ORDER BY 1");

  private static final List<String> BEGINS =
      List.of(
          "",
          "BEGIN",
          "BEGIN",
          "BEGIN ISOLATION LEVEL REPEATABLE READ",
          "BEGIN ISOLATION LEVEL SERIALIZABLE",
          "BEGIN ISOLATION LEVEL SERIALIZABLE");

  private static final List<String> ENDS =
      List.of(
          "COMMIT", "COMMIT", "COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO s", "RELEASE s");

  /** Statements about row {@code %1$d}, sometimes with another number {@code %2$d}. */
  private static final List<String> ROW_STATEMENTS =
      List.of(
          "SELECT v FROM t WHERE id = %1$d",
          "SELECT sum(v), count(*) FROM t",
          "UPDATE t SET v = v + %2$d WHERE id = %1$d RETURNING v",
          "UPDATE t SET v = v + %2$d WHERE id = %1$d RETURNING v",
          "UPDATE t SET v = v + 1 WHERE v > 1%2$d RETURNING id, v",
          "UPDATE t SET v = (SELECT sum(v) FROM t) WHERE id = %1$d RETURNING v",
          "UPDATE t SET k = k + %2$d WHERE id = %1$d RETURNING k",
          "UPDATE t SET id = id + 4 WHERE id = %1$d RETURNING id",
          "DELETE FROM t WHERE id = %1$d RETURNING v",
          "INSERT INTO t VALUES (%1$d, %2$d, 100 * %2$d)",
          "INSERT INTO t VALUES (%1$d, 1, %2$d) ON CONFLICT (id) DO UPDATE SET v = t.v + 1000 RETURNING v",
          "INSERT INTO t VALUES (%1$d, 1, 100 * %2$d) ON CONFLICT DO NOTHING RETURNING id",
          "MERGE INTO t USING (SELECT %1$d AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = v - 1 WHEN NOT MATCHED THEN INSERT VALUES (s.id, 0, NULL)",
          "SELECT v FROM t WHERE id = %1$d FOR UPDATE",
          "SELECT v FROM t WHERE id = %1$d FOR NO KEY UPDATE",
          "SELECT v FROM t WHERE id = %1$d FOR SHARE",
          "SELECT v FROM t WHERE id = %1$d FOR KEY SHARE",
          "SELECT v FROM t WHERE id = %1$d FOR UPDATE NOWAIT",
          "SELECT id FROM t ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED",
          "INSERT INTO c VALUES (%2$d, %1$d)",
          "UPDATE c SET t = %2$d WHERE id = %1$d RETURNING t",
          "DELETE FROM c WHERE t = %1$d RETURNING id",
          "SELECT pg_advisory_xact_lock(%1$d)",
          "SELECT pg_advisory_xact_lock_shared(%1$d)",
          "SELECT pg_try_advisory_xact_lock(%1$d)",
          "DO $$ BEGIN INSERT INTO t VALUES (%1$d, 0, NULL); EXCEPTION WHEN unique_violation THEN UPDATE t SET v = v + 7 WHERE id = %1$d; END $$");

  private static final List<String> TABLE_STATEMENTS =
      List.of(
          "LOCK TABLE t IN SHARE MODE",
          "LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT",
          "LOCK TABLE c IN SHARE ROW EXCLUSIVE MODE",
          "ALTER TABLE c ADD COLUMN IF NOT EXISTS extra int DEFAULT 3",
          "CREATE INDEX IF NOT EXISTS t_v ON t (v)",
          "DROP INDEX IF EXISTS t_v",
          "CREATE TABLE n (x int)",
          "DROP TABLE IF EXISTS n",
          "TRUNCATE c",
          "VACUUM t",
          "CLUSTER t USING t_pkey");

  /** Schedules of two to {@value #MAX_SESSIONS} sessions. */
  static Arbitrary<Schedule> any() {
    Arbitrary<String> sql =
        Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.of(ENDS)),
            Tuple.of(
                15,
                Combinators.combine(
                        Arbitraries.of(ROW_STATEMENTS),
                        Arbitraries.integers().between(1, 4),
                        Arbitraries.integers().between(1, 5))
                    .as((statement, row, other) -> statement.formatted(row, other))),
            Tuple.of(1, Arbitraries.of(TABLE_STATEMENTS)));
    return Arbitraries.integers()
        .between(2, MAX_SESSIONS)
        .flatMap(
            sessions ->
                Arbitraries.integers()
                    .between(5 * sessions, 10 * sessions)
                    .flatMap(size -> picks(sessions, sql).ofSize(size)))
        .map(Schedule::new)
        .withoutEdgeCases();
  }

  private static ListArbitrary<Pick> picks(int sessions, Arbitrary<String> sql) {
    return Combinators.combine(
            Arbitraries.integers().between(0, sessions - 1), Arbitraries.of(BEGINS), sql)
        .as(Pick::new)
        .list();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    picks.forEach(pick -> text.append("\n  ").append(pick));
    return text.toString();
  }
}

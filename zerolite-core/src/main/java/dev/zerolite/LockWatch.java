package dev.zerolite;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of sessions that have a transaction open and make others wait: in development mostly a
 * client that was stopped in a debugger, or that forgot to commit.
 *
 * <p>PostgreSQL is only asked while a client has been waiting for an answer for some time, so an
 * idle server is left alone.
 */
final class LockWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LockWatch.class);

  private static final Duration REPEAT = Duration.ofMinutes(1);

  /**
   * Who blocks without being blocked, and waits for its client; the others will go on when those
   * do. A session counts as active while its client is in the middle of a COPY, has not read an
   * answer, or has sent statements without a Sync.
   */
  private static final String BLOCKERS =
      """
      SELECT h.pid, h.application_name, h.datname, h.query,
             CASE h.state WHEN 'active' THEN 'waiting for its client (' || h.wait_event || ')'
                          ELSE h.state END AS state,
             extract(epoch FROM clock_timestamp() - h.state_change)::int AS idle,
             extract(epoch FROM max(clock_timestamp() - w.query_start))::int AS longest,
             string_agg(format('%s (%s)', w.pid, coalesce(nullif(w.application_name, ''), 'unnamed')), ', ' ORDER BY w.pid) AS waiters
      FROM pg_catalog.pg_stat_activity w
      CROSS JOIN LATERAL unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b(pid)
      JOIN pg_catalog.pg_stat_activity h ON h.pid = b.pid
      WHERE w.wait_event_type = 'Lock' AND h.wait_event_type IS DISTINCT FROM 'Lock'
        AND (h.state LIKE 'idle in transaction%' OR h.wait_event_type = 'Client')
      GROUP BY 1, 2, 3, 4, 5, h.state_change
      """;

  /** Opens the session that asks. */
  @FunctionalInterface
  interface Opener {
    Connection open() throws SQLException;
  }

  private final Opener opener;
  private final BooleanSupplier someoneWaits;
  private final Duration every;
  private final Consumer<String> report;
  private final Thread thread = new Thread(this::run, "lock-watch");

  /** When each blocker was told of, by pid; belongs to the thread. */
  private final Map<Integer, Long> told = new HashMap<>();

  private LockWatch(
      Opener opener, BooleanSupplier someoneWaits, Duration every, Consumer<String> report) {
    this.opener = requireNonNull(opener);
    this.someoneWaits = requireNonNull(someoneWaits);
    this.every = requireNonNull(every);
    this.report = requireNonNull(report);
  }

  /**
   * Starts to watch.
   *
   * @param someoneWaits whether a client has been waiting for an answer for long; cheap
   * @param every how often that is asked
   */
  static LockWatch start(
      Opener opener, BooleanSupplier someoneWaits, Duration every, Consumer<String> report) {
    var watch = new LockWatch(opener, someoneWaits, every, report);
    watch.thread.setDaemon(true);
    watch.thread.start();
    return watch;
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(every.toMillis());
        if (someoneWaits.getAsBoolean()) {
          look();
        } else {
          told.clear();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("no longer watching locks");
    }
  }

  private void look() {
    try (var connection = opener.open();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(BLOCKERS)) {
      while (rows.next()) {
        int pid = rows.getInt("pid");
        long now = System.nanoTime();
        Long last = told.get(pid);
        if (last == null || now - last > REPEAT.toNanos()) {
          told.put(pid, now);
          var name = rows.getString("application_name");
          report.accept(
              ("Session %d (%s, database %s) has been %s for %d s after `%s` and makes %s wait, the"
                      + " longest for %d s. Commit or roll back there, or end it with"
                      + " `select pg_terminate_backend(%d)`; idle_in_transaction_session_timeout"
                      + " ends such sessions by itself.")
                  .formatted(
                      pid,
                      name.isEmpty() ? "unnamed" : name,
                      rows.getString("datname"),
                      rows.getString("state"),
                      rows.getInt("idle"),
                      firstLine(rows.getString("query")),
                      rows.getString("waiters"),
                      rows.getInt("longest"),
                      pid));
        }
      }
    } catch (SQLException e) {
      LOG.debug("the lock watch got no answer: {}", e.getMessage());
    }
  }

  private static String firstLine(String query) {
    var line = query.strip().lines().findFirst().orElse("");
    return line.length() > 100 ? line.substring(0, 100) + "…" : line;
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(5).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

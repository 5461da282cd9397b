package dev.zerolite.pglite;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Opens sessions on a cluster for a test and ends them with it. */
final class TestSessions implements AutoCloseable {
  private final BackendStarter cluster;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<TestSession> open = new ArrayList<>();

  TestSessions(BackendStarter cluster) {
    this.cluster = cluster;
  }

  TestSession open(String... parameters) throws Exception {
    Map<String, String> startup = new HashMap<>(Map.of("user", "postgres", "database", "postgres"));
    for (int i = 0; i < parameters.length; i += 2) {
      startup.put(parameters[i], parameters[i + 1]);
    }
    TestSession session = new TestSession(SqlSession.open(cluster, startup), threads);
    open.add(session);
    return session;
  }

  /** One session; answers are rows joined with '|' and ';', or the SQLSTATE after "!". */
  static final class TestSession {
    private final SqlSession sql;
    private final ExecutorService threads;

    TestSession(SqlSession sql, ExecutorService threads) {
      this.sql = sql;
      this.threads = threads;
    }

    String run(String statement) throws InterruptedException {
      try {
        List<String> rows = new ArrayList<>();
        for (List<String> row : sql.query(statement)) {
          rows.add(String.join("|", row.stream().map(String::valueOf).toList()));
        }
        return String.join(";", rows);
      } catch (SqlSession.SqlException e) {
        return "!" + e.sqlState() + " " + e.getMessage();
      }
    }

    CompletableFuture<String> later(String statement) {
      return CompletableFuture.supplyAsync(
          () -> {
            try {
              return run(statement);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          },
          threads);
    }

    Backend backend() {
      return sql.backend();
    }

    void close() {
      sql.close();
    }
  }

  @Override
  public void close() {
    open.forEach(TestSession::close);
    threads.shutdown();
    try {
      threads.awaitTermination(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

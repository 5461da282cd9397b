package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.PGConnection;

/** A pool that many threads share. */
@ExtendWith(ServerExtension.class)
@Timeout(180)
final class HikariTest {
  private final Server server;

  HikariTest(Server server) {
    this.server = server;
  }

  @Test
  void twentyThreadsShareFiveConnections() throws Exception {
    var database = server.newDatabase();
    try (var watcher = server.connect("postgres");
        var setup = server.connect(database);
        var statement = setup.createStatement()) {
      statement.execute(
          "create table account (id int primary key, balance int not null);"
              + " insert into account select i, 1000 from generate_series(1, 5) i");
      var sessions = "select count(*) from pg_stat_activity where datname = '" + database + "'";
      assertThat(Server.query(watcher, sessions)).isEqualTo("1");
      try (var pool = pool(database, false)) {
        Set<Integer> pids = new HashSet<>();
        var threads = Executors.newFixedThreadPool(20);
        try {
          List<Callable<Integer>> transfers = new ArrayList<>();
          for (int i = 0; i < 100; i++) {
            int from = i % 5 + 1;
            int to = (i * 3 + 1) % 5 + 1;
            transfers.add(() -> transfer(pool, from, to));
          }
          for (var pid : threads.invokeAll(transfers, 50, TimeUnit.SECONDS)) {
            pids.add(pid.get());
          }
        } finally {
          threads.shutdownNow();
        }
        assertThat(pids).hasSizeBetween(1, 5);
        assertThat(Server.query(setup, "select sum(balance) || ' ' || count(*) from account"))
            .isEqualTo("5000 5");
        assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
      }
      // the pool's sessions end with it; pgjdbc does not wait for the server
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!Server.query(watcher, sessions).equals("1")) {
        assertThat(System.nanoTime()).as("sessions of the pool remain").isLessThan(deadline);
      }
    }
  }

  @Test
  void aConnectionThatTheServerEndedIsReplaced() throws Exception {
    try (var pool = pool("postgres", true);
        var watcher = server.connect("postgres")) {
      int pid;
      try (var connection = pool.getConnection()) {
        pid = connection.unwrap(PGConnection.class).getBackendPID();
        // settings are reset by nobody but the session's end
        connection.createStatement().execute("set search_path = nowhere");
        Server.query(watcher, "select pg_terminate_backend(" + pid + ", 20000)");
        assertThatThrownBy(() -> Server.query(connection, "select 1"))
            .isInstanceOf(SQLException.class);
      }
      try (var connection = pool.getConnection()) {
        assertThat(Server.query(connection, "show search_path")).isEqualTo("\"$user\", public");
      }
    }
  }

  private HikariDataSource pool(String database, boolean autoCommit) {
    var config = new HikariConfig();
    config.setJdbcUrl(server.jdbcUrl(database));
    config.setUsername(server.user());
    config.setPassword(server.password());
    config.setMaximumPoolSize(5);
    config.setConnectionTimeout(30_000);
    config.setAutoCommit(autoCommit);
    return new HikariDataSource(config);
  }

  /** The lower account's lock is taken first, so that there are no deadlocks. */
  private static int transfer(HikariDataSource pool, int from, int to) throws SQLException {
    try (var connection = pool.getConnection();
        var lock =
            connection.prepareStatement(
                "select id from account where id in (?, ?) order by id for update");
        var move =
            connection.prepareStatement("update account set balance = balance + ? where id = ?")) {
      lock.setInt(1, from);
      lock.setInt(2, to);
      lock.executeQuery().close();
      move.setInt(1, -1);
      move.setInt(2, from);
      move.addBatch();
      move.setInt(1, 1);
      move.setInt(2, to);
      move.addBatch();
      assertThat(move.executeBatch()).containsExactly(1, 1);
      connection.commit();
      return connection.unwrap(PGConnection.class).getBackendPID();
    }
  }
}

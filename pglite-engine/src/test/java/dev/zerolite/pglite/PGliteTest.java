package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PGliteTest {
  private static byte[] message(char type, byte[]... parts) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      body.writeBytes(part);
    }
    return ByteBuffer.allocate(5 + body.size())
        .put((byte) type)
        .putInt(4 + body.size())
        .put(body.toByteArray())
        .array();
  }

  private static byte[] query(String sql) {
    return message('Q', (sql + "\0").getBytes(UTF_8));
  }

  private static byte[] join(byte[]... messages) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] message : messages) {
      all.writeBytes(message);
    }
    return all.toByteArray();
  }

  /** The messages' types, and the columns of rows. */
  private static String summary(byte[] answer) {
    StringBuilder text = new StringBuilder();
    BackendMessages.forEach(
        answer,
        (type, body) -> {
          if (type == 'S') {
            return; // a ParameterStatus may come at any time
          }
          text.append(type);
          if (type == 'D') {
            text.append(SqlSession.row(body));
          } else if (type == 'E') {
            text.append(BackendMessages.ErrorFields.parse(body).sqlState());
          }
        });
    return text.toString();
  }

  private static String ask(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  @Test
  void protocolMessagesAreAnswered() throws Exception {
    try (PGlite postgres = PGlite.builder().start()) {
      assertThat(summary(postgres.exec(query("SELECT 1, NULL")))).isEqualTo("TD[1, null]CZ");
      assertThat(summary(postgres.exec(join(query("SELECT 1"), query("SELECT 2")))))
          .isEqualTo("TD[1]CZTD[2]CZ");
      assertThat(summary(postgres.exec(query("SELECT 1 / 0")))).isEqualTo("E22012Z");
      // an unnamed statement: Parse, Bind, Execute, Sync
      byte[] extended =
          join(
              message('P', "\0SELECT 'x'\0".getBytes(UTF_8), new byte[2]),
              message('B', new byte[8]),
              message('E', new byte[5]),
              message('S'));
      assertThat(summary(postgres.exec(extended))).isEqualTo("12D[x]CZ");
      assertThat(summary(postgres.exec(query("CREATE TEMP TABLE t (a text); COPY t FROM STDIN"))))
          .isEqualTo("CG");
      assertThat(summary(postgres.exec(join(message('d', "1\n".getBytes(UTF_8)), message('c')))))
          .isEqualTo("CZ");
      assertThat(summary(postgres.exec(query("SELECT a FROM t")))).isEqualTo("TD[1]CZ");
      assertThatThrownBy(() -> postgres.exec(new byte[] {'Q', 0, 0, 0, 9}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cut");
      // another one takes its place after the session's end
      postgres.exec(message('X'));
      assertThat(summary(postgres.exec(query("SELECT to_regclass('t')")))).isEqualTo("TD[null]CZ");
    }
  }

  @Test
  void copiesAndErrorsInPipelinesAreWaitedForNoLongerThanTheyLast() throws Exception {
    byte[] copy =
        join(
            message('P', "\0COPY t FROM STDIN\0".getBytes(UTF_8), new byte[2]),
            message('B', new byte[8]),
            message('E', new byte[5]),
            message('S'));
    byte[] row = message('d', "1\n".getBytes(UTF_8));
    try (PGlite postgres = PGlite.builder().start()) {
      postgres.exec(query("CREATE TABLE t (a int)"));
      assertThat(summary(postgres.exec(copy))).isEqualTo("12G");
      assertThat(summary(postgres.exec(row))).isEmpty();
      assertThat(summary(postgres.exec(join(row, message('c'), message('S'))))).isEqualTo("CZ");
      assertThat(summary(postgres.exec(join(copy, row, message('c'), message('S')))))
          .isEqualTo("12GCZ");
      byte[] wrong = message('P', "\0SELEC\0".getBytes(UTF_8), new byte[2]);
      assertThat(summary(postgres.exec(join(wrong, query("SELECT 1"), message('S')))))
          .isEqualTo("E42601Z");
      assertThat(summary(postgres.exec(query("SELECT count(*) FROM t")))).isEqualTo("TD[3]CZ");
    }
  }

  @Test
  void closingDoesNotWaitForASessionThatCannotOpen() throws Exception {
    PGlite postgres = PGlite.builder().start();
    try (Connection blocker = DriverManager.getConnection(postgres.jdbcUrl())) {
      blocker.setAutoCommit(false);
      try (var statement = blocker.createStatement()) {
        statement.execute("LOCK TABLE pg_authid IN ACCESS EXCLUSIVE MODE");
      }
      CompletableFuture<byte[]> answer = new CompletableFuture<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  answer.complete(postgres.exec(query("SELECT 1")));
                } catch (Exception e) {
                  answer.completeExceptionally(e);
                }
              });
      caller.start();
      String waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
      while (ask(blocker, waiting).equals("0")) {
        Thread.onSpinWait();
      }
      assertThat(postgres.jdbcUrl()).startsWith("jdbc:");
      postgres.close();
      caller.join();
      assertThat(answer).isCompletedExceptionally();
    } finally {
      postgres.close();
    }
  }

  @Test
  void driversConnect() throws Exception {
    PGlite postgres = PGlite.builder().superuser("a b").password("p&w d").start();
    Connection left;
    try (postgres;
        Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
      assertThat(ask(connection, "SELECT current_user")).isEqualTo("a b");
      try (var statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE other");
      }
      left = DriverManager.getConnection(postgres.jdbcUrl("other"));
      assertThat(ask(left, "SELECT current_database()")).isEqualTo("other");
      String wrong = postgres.jdbcUrl().replaceFirst("password=[^&]*", "password=no");
      assertThatThrownBy(() -> DriverManager.getConnection(wrong))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
    }
    assertThatThrownBy(() -> ask(left, "SELECT 1")).isInstanceOf(SQLException.class);
    assertThatThrownBy(postgres::jdbcUrl).isInstanceOf(IllegalStateException.class);
    postgres.close(); // does nothing
  }

  @Test
  void timestampsAreTheHostsToTheMicrosecond() throws Exception {
    String microseconds = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    try (PGlite postgres = PGlite.builder().start();
        Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
      Set<Long> fractions = new HashSet<>();
      for (int i = 0; i < 100; i++) {
        long before = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        long told = Long.parseLong(ask(connection, microseconds));
        long after = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        // one less: what the C library makes of a double may be cut off
        assertThat(told).isBetween(before - 1, after);
        fractions.add(told % 1000);
      }
      assertThat(fractions).hasSizeGreaterThan(10);
    }
  }

  @Test
  void copiesHaveWhatIsCommittedAndGoTheirOwnWay() throws Exception {
    try (PGlite original = PGlite.builder().setting("work_mem", "7MB").start();
        Connection writer = DriverManager.getConnection(original.jdbcUrl())) {
      original.exec(query("CREATE TABLE t AS SELECT generate_series(1, 1000) AS a"));
      original.exec(query("CREATE INDEX ON t (a)"));
      writer.setAutoCommit(false);
      ask(writer, "WITH x AS (DELETE FROM t RETURNING a) SELECT count(*) FROM x");
      try (PGlite copy = PGlite.builder().copyOf(original).name("copy").start()) {
        writer.commit();
        assertThat(summary(copy.exec(query("SELECT count(*), sum(a) FROM t WHERE a > 0"))))
            .isEqualTo("TD[1000, 500500]CZ");
        assertThat(summary(copy.exec(query("SHOW work_mem")))).isEqualTo("TD[7MB]CZ");
        copy.exec(query("INSERT INTO t VALUES (2000)"));
        try (PGlite second = PGlite.builder().copyOf(copy).start()) {
          assertThat(summary(second.exec(query("SELECT max(a) FROM t")))).isEqualTo("TD[2000]CZ");
        }
        PGlite.Builder other = PGlite.builder().copyOf(copy).setting("work_mem", "8MB");
        assertThatThrownBy(other::start).isInstanceOf(IllegalStateException.class);
      }
      assertThat(summary(original.exec(query("SELECT count(*) FROM t")))).isEqualTo("TD[0]CZ");
    }
  }

  @Test
  void aDirectoryIsKeptAndNotCopied(@TempDir Path directory) throws Exception {
    Path data = directory.resolve("data");
    try (PGlite postgres = PGlite.builder().directory(data).start()) {
      postgres.exec(query("CREATE TABLE t AS SELECT 42 AS a"));
      assertThatThrownBy(() -> PGlite.builder().copyOf(postgres).start())
          .isInstanceOf(BackendStartException.class)
          .hasMessageContaining("copy its directory");
    }
    try (PGlite postgres = PGlite.builder().directory(data).start()) {
      assertThat(summary(postgres.exec(query("SELECT a FROM t")))).isEqualTo("TD[42]CZ");
    }
  }

  @Test
  void preparedOrBootedClustersAreAlike() throws Exception {
    // cluster_name needs a restart, so the second one is not the prepared one
    try (PGlite prepared = PGlite.builder().setting("work_mem", "5MB").start();
        PGlite booted =
            PGlite.builder().setting("work_mem", "5MB").setting("cluster_name", "booted").start()) {
      String sameSettings =
          "SELECT name, setting, source, sourcefile, pending_restart FROM pg_settings"
              + " WHERE name <> 'cluster_name' ORDER BY 1";
      assertThat(summary(prepared.exec(query(sameSettings))))
          .isEqualTo(summary(booted.exec(query(sameSettings))));
      String sameRules = "SELECT * FROM pg_hba_file_rules";
      assertThat(summary(prepared.exec(query(sameRules))))
          .isEqualTo(summary(booted.exec(query(sameRules))));
      String startedNow =
          "SELECT now() - pg_postmaster_start_time() < '10 min', now() - pg_conf_load_time() < '10 min'";
      assertThat(summary(prepared.exec(query(startedNow)))).isEqualTo("TD[t, t]CZ");
      String processes = "SELECT backend_type FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
      assertThat(summary(prepared.exec(query(processes + " ORDER BY 1"))))
          .contains("checkpointer", "walwriter", "background writer", "autovacuum launcher");
      String random = "SELECT gen_random_uuid(), random(), pg_backend_pid()";
      try (PGlite another = PGlite.builder().start()) {
        assertThat(summary(prepared.exec(query(random))))
            .isNotEqualTo(summary(another.exec(query(random))));
      }
    }
  }

  @Test
  void aRefusedSettingIsToldAsAtAnyStart() {
    assertThatThrownBy(() -> PGlite.builder().setting("work_mem", "lots").start())
        .isInstanceOfSatisfying(
            BackendStartException.class, e -> assertThat(e.sqlState()).isEqualTo("22023"))
        .hasMessageContaining("invalid value for parameter \"work_mem\"");
  }
}

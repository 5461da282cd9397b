package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** pgjdbc: statements, transactions, batches, cursors, cancelling. */
@ExtendWith(ServerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class PgjdbcTest {
  private final Server server;
  private String database;

  PgjdbcTest(Server server) {
    this.server = server;
  }

  @BeforeAll
  void createDatabase() throws SQLException {
    database = server.newDatabase();
  }

  @ParameterizedTest
  @ValueSource(strings = {"simple", "extended", "extendedForPrepared", "extendedCacheEverything"})
  void worksInQueryMode(String mode) throws SQLException {
    try (var connection = server.connect(database, "preferQueryMode=" + mode);
        var statement = connection.createStatement()) {
      statement.execute("create temp table item (id int generated always as identity, name text)");
      try (var insert =
          connection.prepareStatement(
              "insert into item (name) values (?)", Statement.RETURN_GENERATED_KEYS)) {
        // beyond the fifth execution the statement is prepared on the server
        for (int i = 1; i <= 8; i++) {
          insert.setString(1, "näme '" + i);
          assertThat(insert.executeUpdate()).isEqualTo(1);
          try (var keys = insert.getGeneratedKeys()) {
            assertThat(keys.next()).isTrue();
            assertThat(keys.getInt("id")).isEqualTo(i);
          }
        }
      }
      try (var select =
          connection.prepareStatement("select name from item where id > ? order by id")) {
        for (int round = 0; round < 8; round++) {
          select.setInt(1, round);
          assertThat(column(select.executeQuery()))
              .hasSize(8 - round)
              .startsWith("näme '" + (round + 1));
        }
      }
      assertThat(statement.executeUpdate("update item set name = upper(name) where id <= 3"))
          .isEqualTo(3);
      assertThat(statement.executeUpdate("delete from item where id > 6")).isEqualTo(2);
      assertThat(Server.query(connection, "select count(*) from item where name like 'N%'"))
          .isEqualTo("3");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"simple", "extended"})
  void severalStatementsInOneStringHaveAResultEach(String mode) throws SQLException {
    try (var connection = server.connect(database, "preferQueryMode=" + mode);
        var statement = connection.createStatement()) {
      boolean rows =
          statement.execute(
              "create temp table several (a int);"
                  + " insert into several select generate_series(1, 3);"
                  + " select a from several order by a; select 'last'");
      assertThat(rows).isFalse();
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(3);
      assertThat(statement.getMoreResults()).isTrue();
      assertThat(column(statement.getResultSet())).containsExactly("1", "2", "3");
      assertThat(statement.getMoreResults()).isTrue();
      assertThat(column(statement.getResultSet())).containsExactly("last");
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(-1);
    }
  }

  @Test
  void statementsArePreparedOnTheServer() throws SQLException {
    try (var connection = server.connect(database, "prepareThreshold=1&autosave=conservative");
        var statement = connection.createStatement()) {
      statement.execute("create temp table prepared (a int)");
      statement.execute("insert into prepared values (1)");
      try (var select = connection.prepareStatement("select * from prepared where a = ?")) {
        select.setInt(1, 1);
        assertThat(column(select.executeQuery())).containsExactly("1");
        assertThat(column(select.executeQuery())).containsExactly("1");
        assertThat(
                Server.query(
                    connection,
                    "select count(*) from pg_prepared_statements"
                        + " where statement like 'select * from prepared%' and not from_sql"))
            .isEqualTo("1");
        // "cached plan must not change result type" (0A000) makes the driver prepare it again
        statement.execute("alter table prepared add b text default 'new'");
        try (var rows = select.executeQuery()) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getString("b")).isEqualTo("new");
        }
      }
    }
  }

  @Test
  void aFailedStatementFailsItsTransactionOnly() throws SQLException {
    try (var connection = server.connect(database);
        var other = server.connect(database)) {
      connection.setAutoCommit(false);
      assertState("22012", () -> Server.query(connection, "select 1/0"));
      assertState("25P02", () -> Server.query(connection, "select 1"));
      assertThat(Server.query(other, "select 1")).isEqualTo("1");
      connection.rollback();
      assertThat(Server.query(connection, "select 1")).isEqualTo("1");
    }
  }

  @Test
  void worksOverTls() throws SQLException {
    assumeThat(server.certificate()).as("the native server has no TLS").isPresent();
    for (var mode :
        List.of("require", "verify-full&sslrootcert=" + server.certificate().orElseThrow())) {
      try (var connection = server.connect(database, "sslmode=" + mode)) {
        assertThat(Server.query(connection, "select 1")).isEqualTo("1");
      }
    }
  }

  @Test
  void savepointsNest() throws SQLException {
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("create temp table saved (a int unique)");
      statement.execute("insert into saved values (1)");
      var outer = connection.setSavepoint("outer");
      statement.execute("insert into saved values (2)");
      var inner = connection.setSavepoint();
      assertState("23505", () -> statement.execute("insert into saved values (2)"));
      connection.rollback(inner);
      statement.execute("insert into saved values (3)");
      assertThat(Server.query(connection, "select array_agg(a order by a) from saved"))
          .isEqualTo("{1,2,3}");
      connection.rollback(outer);
      statement.execute("insert into saved values (4)");
      connection.releaseSavepoint(outer);
      connection.commit();
      assertThat(Server.query(connection, "select array_agg(a order by a) from saved"))
          .isEqualTo("{1,4}");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void batchesWork(boolean rewritten) throws SQLException {
    try (var connection = server.connect(database, "reWriteBatchedInserts=" + rewritten);
        var statement = connection.createStatement()) {
      statement.execute("create temp table batched (a int unique check (a < 3000), b text)");
      try (var insert = connection.prepareStatement("insert into batched values (?, ?)")) {
        for (int i = 0; i < 1500; i++) {
          addRow(insert, i);
        }
        assertThat(insert.executeBatch())
            .hasSize(1500)
            .containsOnly(rewritten ? Statement.SUCCESS_NO_INFO : 1);
        assertThat(Server.query(connection, "select count(*) || ' ' || sum(a) from batched"))
            .isEqualTo("1500 1124250");

        // without autocommit nothing of a failed batch remains after the rollback
        connection.setAutoCommit(false);
        addRow(insert, 2000);
        addRow(insert, 7);
        addRow(insert, 2001);
        assertThatExceptionOfType(BatchUpdateException.class)
            .isThrownBy(insert::executeBatch)
            .returns("23505", SQLException::getSQLState)
            .satisfies(e -> assertThat(e.getUpdateCounts()).contains(Statement.EXECUTE_FAILED));
        connection.rollback();
        assertThat(Server.query(connection, "select count(*) from batched")).isEqualTo("1500");
      }
      statement.addBatch("update batched set b = 'x' where a < 10");
      statement.addBatch("delete from batched where a >= 1000");
      assertThat(statement.executeBatch()).containsExactly(10, 500);
      connection.commit();
    }
  }

  @Test
  void aCursorFetchesInPortions() throws SQLException {
    try (var connection = server.connect(database)) {
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement();
          var beside = connection.createStatement()) {
        statement.setFetchSize(100);
        int expected = 0;
        try (var rows = statement.executeQuery("select generate_series(1, 1234)")) {
          while (rows.next()) {
            assertThat(rows.getInt(1)).isEqualTo(++expected);
            if (expected % 250 == 0) {
              // the portal stays open beside other statements
              assertThat(
                      Server.query(connection, "select count(*) from pg_cursors where name <> ''"))
                  .isEqualTo("1");
              assertThat(beside.executeUpdate("create temp table c" + expected + " ()")).isZero();
            }
          }
        }
        assertThat(expected).isEqualTo(1234);
      }
      connection.commit();
      assertThat(Server.query(connection, "select count(*) from pg_cursors where name <> ''"))
          .isEqualTo("0");
    }
  }

  @Test
  void aCursorOfALargeResultHoldsBackTheServer() throws SQLException {
    try (var connection = server.connect(database)) {
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement()) {
        statement.setFetchSize(10);
        // would be 20 GB if anybody collected it
        try (var rows =
            statement.executeQuery("select repeat('x', 200000) from generate_series(1, 100000)")) {
          for (int i = 0; i < 50; i++) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).hasSize(200_000);
          }
        }
      }
      connection.rollback();
    }
  }

  @Test
  void functionsProceduresAndRefcursorsWork() throws SQLException {
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      statement.execute(
          "create function split(whole int, out half int, out rest int) language sql"
              + " as 'select whole / 2, whole % 2';"
              + " create procedure double(inout n int) language plpgsql"
              + " as 'begin n := n * 2; end';"
              + " create function numbers() returns refcursor language plpgsql as"
              + " 'declare c refcursor; begin open c for select generate_series(1, 3);"
              + " return c; end'");
      try (var call = connection.prepareCall("{call split(?, ?, ?)}")) {
        call.setInt(1, 7);
        call.registerOutParameter(2, Types.INTEGER);
        call.registerOutParameter(3, Types.INTEGER);
        call.execute();
        assertThat(call.getInt(2)).isEqualTo(3);
        assertThat(call.getInt(3)).isEqualTo(1);
      }
      try (var call = connection.prepareCall("call double(?)")) {
        call.setInt(1, 21);
        call.registerOutParameter(1, Types.INTEGER);
        call.execute();
        assertThat(call.getInt(1)).isEqualTo(42);
      }
      connection.setAutoCommit(false);
      try (var call = connection.prepareCall("{? = call numbers()}")) {
        call.registerOutParameter(1, Types.REF_CURSOR);
        call.execute();
        assertThat(column((ResultSet) call.getObject(1))).containsExactly("1", "2", "3");
      }
      connection.commit();
    }
  }

  @Test
  void noticesAreWarnings() throws SQLException {
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      statement.execute("do $$ begin raise warning 'careful %', 7 using hint = 'slow'; end $$");
      assertThat((Throwable) statement.getWarnings())
          .hasMessage("careful 7")
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("01000"));
    }
  }

  @Test
  void aQueryTimeoutCancelsTheStatement() throws SQLException {
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      assertState("57014", () -> statement.execute("select pg_sleep(60)"));
      // a statement that only computes is interrupted, too
      assertState(
          "57014", () -> statement.execute("select count(*) from generate_series(1, 1e12) n"));
      assertThat(Server.query(connection, "select 1")).isEqualTo("1");
    }
  }

  @Test
  void cancelReachesTheRightStatement() throws Exception {
    var pool = Executors.newSingleThreadExecutor();
    try (var connection = server.connect(database);
        var watcher = server.connect(database);
        var statement = connection.createStatement()) {
      int pid = connection.unwrap(PGConnection.class).getBackendPID();
      var running = pool.submit(() -> statement.execute("select pg_sleep(60), 'cancel me'"));
      while (Server.query(
              watcher,
              "select count(*) from pg_stat_activity where pid = "
                  + pid
                  + " and state = 'active' and wait_event = 'PgSleep'")
          .equals("0")) {
        assertThat(running.isDone()).isFalse();
      }
      statement.cancel();
      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(() -> running.get(20, TimeUnit.SECONDS))
          .havingCause()
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
      assertThat(Server.query(connection, "select pg_backend_pid()"))
          .isEqualTo(Integer.toString(pid));
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void settingsOfTheUrlHold() throws SQLException {
    var options =
        "ApplicationName=my%20app&currentSchema=other,public&readOnly=true"
            + "&options=-c%20statement_timeout=12s%20-c%20work_mem=8MB"
            + "&assumeMinServerVersion=16&targetServerType=primary";
    try (var connection = server.connect(database, options)) {
      assertThat(Server.query(connection, "show application_name")).isEqualTo("my app");
      assertThat(Server.query(connection, "show search_path")).isEqualTo("other,public");
      assertThat(Server.query(connection, "show statement_timeout")).isEqualTo("12s");
      assertThat(Server.query(connection, "show work_mem")).isEqualTo("8MB");
      assertThat(Server.query(connection, "show TimeZone"))
          .isEqualTo(java.util.TimeZone.getDefault().getID().replace("Z", "Zulu"));
      connection.setAutoCommit(false);
      assertState(
          "25006",
          () -> Server.query(connection, "select 1 from pg_largeobject; create table no ()"));
      connection.rollback();
      assertThat(connection.isValid(5)).isTrue();
      assertThat(connection.getMetaData().getDatabaseProductVersion()).startsWith("18.");
    }
  }

  @Test
  void isolationLevelsHold() throws SQLException {
    try (var one = server.connect(database);
        var two = server.connect(database);
        var statement = one.createStatement()) {
      statement.execute("create table doctors (name text, on_call bool)");
      statement.execute("insert into doctors values ('a', true), ('b', true)");
      for (var connection : List.of(one, two)) {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        assertThat(Server.query(connection, "select count(*) from doctors where on_call"))
            .isEqualTo("2");
      }
      statement.executeUpdate("update doctors set on_call = false where name = 'a'");
      one.commit();
      assertState(
          "40001",
          () -> {
            try (var update = two.createStatement()) {
              update.executeUpdate("update doctors set on_call = false where name = 'b'");
              two.commit();
            }
          });
      two.rollback();
    }
  }

  @Test
  void metadataDescribesTables() throws SQLException {
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      statement.execute(
          "create table parent (id bigint primary key, label varchar(20) not null);"
              + " create table child (id int primary key, parent_id bigint references parent"
              + " on delete cascade, tags text[]); create index child_parent on child (parent_id);"
              + " comment on column child.tags is 'many'");
      var metadata = connection.getMetaData();
      assertThat(
              columnNamed(
                  "TABLE_NAME", metadata.getTables(null, "public", "%", new String[] {"TABLE"})))
          .contains("parent", "child");
      assertThat(columnNamed("COLUMN_NAME", metadata.getColumns(null, "public", "child", null)))
          .containsExactly("id", "parent_id", "tags");
      assertThat(columnNamed("REMARKS", metadata.getColumns(null, "public", "child", "tags")))
          .containsExactly("many");
      assertThat(columnNamed("TYPE_NAME", metadata.getColumns(null, "public", "child", null)))
          .containsExactly("int4", "int8", "_text");
      assertThat(columnNamed("COLUMN_NAME", metadata.getPrimaryKeys(null, "public", "parent")))
          .containsExactly("id");
      assertThat(columnNamed("PKTABLE_NAME", metadata.getImportedKeys(null, "public", "child")))
          .containsExactly("parent");
      assertThat(
              columnNamed(
                  "INDEX_NAME", metadata.getIndexInfo(null, "public", "child", false, false)))
          .containsExactlyInAnyOrder("child_pkey", "child_parent");
    }
  }

  @Test
  void generatedRowsCanBeUpdatedThroughTheResultSet() throws SQLException {
    try (var connection = server.connect(database);
        var setup = connection.createStatement();
        var statement =
            connection.createStatement(
                ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
      setup.execute("create table edited (id int primary key, b text)");
      setup.execute("insert into edited values (1, 'one'), (2, 'two')");
      try (var rows = statement.executeQuery("select id, b from edited order by id")) {
        assertThat(rows.last()).isTrue();
        rows.updateString("b", "zwei");
        rows.updateRow();
        rows.moveToInsertRow();
        rows.updateInt("id", 3);
        rows.updateString("b", "drei");
        rows.insertRow();
        assertThat(rows.first()).isTrue();
        rows.deleteRow();
      }
      assertThat(Server.query(connection, "select string_agg(b, ' ' order by id) from edited"))
          .isEqualTo("zwei drei");
    }
  }

  @Test
  void anAbortedConnectionLeavesNothing() throws Exception {
    var pool = Executors.newSingleThreadExecutor();
    try (var watcher = server.connect(database)) {
      var connection = server.connect(database);
      int pid = connection.unwrap(PGConnection.class).getBackendPID();
      connection.setAutoCommit(false);
      Server.query(connection, "select pg_advisory_xact_lock(4711)");
      connection.abort(pool);
      // granted as soon as the aborted session is gone
      Server.query(watcher, "select pg_advisory_lock(4711)");
      assertThat(Server.query(watcher, "select count(*) from pg_locks where pid = " + pid))
          .isEqualTo("0");
    } finally {
      pool.shutdownNow();
    }
  }

  private static void addRow(PreparedStatement insert, int number) throws SQLException {
    insert.setInt(1, number);
    insert.setString(2, "b" + number);
    insert.addBatch();
  }

  private static List<String> column(ResultSet rows) throws SQLException {
    try (rows) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    }
  }

  private static List<String> columnNamed(String name, ResultSet rows) throws SQLException {
    try (rows) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(name));
      }
      return values;
    }
  }

  private static void assertState(
      String state, org.assertj.core.api.ThrowableAssert.ThrowingCallable statement) {
    assertThatThrownBy(statement)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(state));
  }
}

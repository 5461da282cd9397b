package dev.zerolite.drivers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/** pgjdbc beyond JDBC: COPY, LISTEN, large objects. */
@ExtendWith(ServerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class PgjdbcExtensionsTest {
  private final Server server;
  private String database;

  PgjdbcExtensionsTest(Server server) {
    this.server = server;
  }

  @BeforeAll
  void createDatabase() throws SQLException {
    database = server.newDatabase();
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "csv", "binary"})
  void copiesInAndOut(String format) throws Exception {
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      statement.execute("create temp table source (a int, b text, c numeric, d timestamptz)");
      statement.execute("create temp table target (like source)");
      statement.execute(
          "insert into source select i, case when i % 7 = 0 then null else E'tab\\t\"ü\\n\\\\' || i end,"
              + " i / 3.0, now() + i * interval '1 s' from generate_series(1, 3000) i");
      var copy = connection.unwrap(PGConnection.class).getCopyAPI();
      var data = new ByteArrayOutputStream();
      var options = " (format " + format + ")";
      assertThat(copy.copyOut("copy source to stdout" + options, data)).isEqualTo(3_000);
      assertThat(
              copy.copyIn(
                  "copy target from stdin" + options, new ByteArrayInputStream(data.toByteArray())))
          .isEqualTo(3_000);
      assertThat(
              Server.query(
                  connection,
                  "select count(*) from (table source except all table target) difference"))
          .isEqualTo("0");
    }
  }

  @Test
  void aCopyInManySmallPacketsWorks() throws Exception {
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      statement.execute("create temp table small (a int, b text)");
      var copy = connection.unwrap(PGConnection.class).getCopyAPI();
      var in = copy.copyIn("copy small from stdin");
      byte[] row = "12\tsome text\n".getBytes(UTF_8);
      for (int i = 0; i < 500; i++) {
        for (byte one : row) {
          in.writeToCopy(new byte[] {one}, 0, 1);
        }
        in.flushCopy();
      }
      assertThat(in.endCopy()).isEqualTo(500);
      assertThat(Server.query(connection, "select sum(a) from small")).isEqualTo("6000");
    }
  }

  @Test
  void aCancelledOrFailedCopyLeavesNothingAndTheSessionGoesOn() throws Exception {
    try (var connection = server.connect(database);
        var statement = connection.createStatement()) {
      statement.execute("create temp table failed (a int)");
      var copy = connection.unwrap(PGConnection.class).getCopyAPI();
      var in = copy.copyIn("copy failed from stdin");
      in.writeToCopy("1\n2\n".getBytes(UTF_8), 0, 4);
      in.cancelCopy();
      assertThat(Server.query(connection, "select count(*) from failed")).isEqualTo("0");
      assertThatThrownBy(() -> copy.copyIn("copy failed from stdin", new StringReader("1\nx\n")))
          .isInstanceOfSatisfying(
              SQLException.class,
              e -> {
                assertThat(e.getSQLState()).isEqualTo("22P02");
                assertThat((Throwable) e)
                    .hasMessageContaining("COPY failed, line 2, column a: \"x\"");
              });
      assertThat(Server.query(connection, "select count(*) from failed")).isEqualTo("0");
      assertThat(copy.copyIn("copy failed from stdin", new StringReader("1\n"))).isEqualTo(1);
    }
  }

  @Test
  void aCopyOutCanBeCancelledInTheMiddle() throws Exception {
    try (var connection = server.connect(database)) {
      var copy = connection.unwrap(PGConnection.class).getCopyAPI();
      var out = copy.copyOut("copy (select generate_series(1, 100000000)) to stdout");
      assertThat(out.readFromCopy()).isEqualTo("1\n".getBytes(UTF_8));
      connection.unwrap(PGConnection.class).cancelQuery();
      assertThatThrownBy(
              () -> {
                while (out.readFromCopy() != null) {
                  // what was on its way already
                }
              })
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
      assertThat(Server.query(connection, "select 1")).isEqualTo("1");
    }
  }

  @Test
  void notificationsArriveAfterTheCommit() throws SQLException {
    try (var listener = server.connect(database);
        var deaf = server.connect(database);
        var sender = server.connect(database);
        var listen = listener.createStatement();
        var send = sender.createStatement()) {
      listen.execute("listen news");
      sender.setAutoCommit(false);
      send.execute("notify news, 'rolled back'");
      sender.rollback();
      send.execute("notify news, 'first'");
      send.execute("select pg_notify('news', 'sec' || 'ond')");
      send.execute("notify other, 'not listened to'");
      var receiver = listener.unwrap(PGConnection.class);
      assertThat(receiver.getNotifications(50)).isNullOrEmpty();
      sender.commit();

      var received = receiver.getNotifications(20_000);
      assertThat(received)
          .extracting(one -> one.getName() + " " + one.getParameter())
          .containsExactly("news first", "news second");
      assertThat(received)
          .extracting(one -> one.getPID())
          .containsOnly(sender.unwrap(PGConnection.class).getBackendPID());
      assertThat(deaf.unwrap(PGConnection.class).getNotifications(50)).isNullOrEmpty();
      listen.execute("unlisten *");
      send.execute("notify news, 'nobody listens'");
      sender.commit();
      assertThat(receiver.getNotifications(50)).isNullOrEmpty();
    }
  }

  @Test
  void largeObjectsWork() throws SQLException {
    byte[] content = new byte[300_000];
    new Random(1).nextBytes(content);
    try (var connection = server.connect(database)) {
      connection.setAutoCommit(false);
      LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
      long oid = manager.createLO();
      try (LargeObject object = manager.open(oid, LargeObjectManager.WRITE)) {
        object.write(content);
      }
      connection.commit();
      try (LargeObject object = manager.open(oid, LargeObjectManager.READWRITE)) {
        assertThat(object.size64()).isEqualTo(content.length);
        assertThat(object.read(content.length)).isEqualTo(content);
        object.seek64(123_456, LargeObject.SEEK_SET);
        assertThat(object.read(10)).isEqualTo(Arrays.copyOfRange(content, 123_456, 123_466));
        object.truncate64(100);
        assertThat(object.size64()).isEqualTo(100);
      }
      connection.rollback();
      try (LargeObject object = manager.open(oid, LargeObjectManager.READ)) {
        assertThat(object.size64()).isEqualTo(content.length);
      }
      manager.delete(oid);
      connection.commit();
      assertThat(Server.query(connection, "select count(*) from pg_largeobject_metadata"))
          .isEqualTo("0");
    }
  }
}

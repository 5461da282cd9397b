package dev.zerolite.drivers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What ORM tools do with databases: shadow databases, copies, renaming, dropping. */
@ExtendWith(ServerExtension.class)
@Timeout(180)
final class DatabasesTest {
  private final Server server;

  DatabasesTest(Server server) {
    this.server = server;
  }

  @Test
  void aTemplateIsCopied() throws SQLException {
    var template = server.newDatabase();
    var copy = template + "_copy";
    try (var admin = server.connect("postgres");
        var statement = admin.createStatement()) {
      try (var connection = server.connect(template);
          var setup = connection.createStatement()) {
        setup.execute(
            "create table copied (a int primary key); insert into copied values (1), (2)");
        // PostgreSQL waits five seconds for the other sessions to go
        assertState(
            "55006", () -> statement.execute("create database " + copy + " template " + template));
      }
      statement.execute("create database " + copy + " template " + template + " strategy wal_log");
      statement.execute(
          "create database " + copy + "2 template " + template + " strategy file_copy");
      for (var name : List.of(copy, copy + "2")) {
        try (var connection = server.connect(name);
            var insert = connection.createStatement()) {
          assertThat(Server.query(connection, "select array_agg(a) from copied"))
              .isEqualTo("{1,2}");
          assertState("23505", () -> insert.execute("insert into copied values (2)"));
          insert.execute("insert into copied values (3)");
        }
      }
      try (var connection = server.connect(template)) {
        assertThat(Server.query(connection, "select count(*) from copied")).isEqualTo("2");
      }
      assertState("42P04", () -> statement.execute("create database " + copy));
      assertState("3D000", () -> statement.execute("create database x template nowhere"));
    }
  }

  @Test
  void usedOnesAreDroppedOnlyByForce() throws SQLException {
    var name = server.newDatabase();
    try (var admin = server.connect("postgres");
        var statement = admin.createStatement();
        var user = server.connect(name)) {
      assertState("55006", () -> statement.execute("drop database " + name));
      assertThat(Server.query(user, "select 1")).isEqualTo("1");
      statement.execute("drop database " + name + " with (force)");
      assertThatThrownBy(() -> Server.query(user, "select 1")).isInstanceOf(SQLException.class);
      assertState("3D000", () -> server.connect(name).close());
      assertState("3D000", () -> statement.execute("drop database " + name));
      statement.execute("drop database if exists " + name);
      assertState("55006", () -> statement.execute("drop database postgres"));
    }
  }

  @Test
  void areRenamedAndListed() throws SQLException {
    var before = server.newDatabase();
    var after = "Renamed \"" + before + "\"";
    var quoted = "\"" + after.replace("\"", "\"\"") + "\"";
    try (var admin = server.connect("postgres");
        var statement = admin.createStatement()) {
      try (var connection = server.connect(before);
          var setup = connection.createStatement()) {
        setup.execute("create table kept (); comment on database " + before + " is 'mine'");
      }
      statement.execute("alter database " + before + " rename to " + quoted);
      assertState("3D000", () -> server.connect(before).close());
      try (var connection = server.connect(URLEncoder.encode(after, UTF_8))) {
        assertThat(Server.query(connection, "select current_database()")).isEqualTo(after);
        assertThat(Server.query(connection, "select to_regclass('kept') is not null"))
            .isEqualTo("t");
      }
      // what \l asks, without the columns that differ between versions
      assertThat(
              Server.query(
                  admin,
                  "select format('%s %s %s', pg_get_userbyid(datdba), pg_encoding_to_char(encoding),"
                      + " shobj_description(oid, 'pg_database')) from pg_database"
                      + " where datname like 'Renamed%'"))
          .isEqualTo(server.user() + " UTF8 mine");
    }
  }

  @Test
  void haveSettingsAndLimitsOfTheirOwn() throws SQLException {
    var name = server.newDatabase();
    var role = name + "_role";
    try (var admin = server.connect("postgres");
        var statement = admin.createStatement()) {
      statement.execute("create role " + role + " login password 'theirs'");
      statement.execute("alter database " + name + " set work_mem = '7MB'");
      statement.execute("alter role " + role + " in database " + name + " set work_mem = '8MB'");
      statement.execute("alter database " + name + " connection limit 2");
      try (var connection = server.connect(name);
          var theirs = connectAs(role, name)) {
        assertThat(Server.query(connection, "show work_mem")).isEqualTo("7MB");
        assertThat(Server.query(theirs, "show work_mem")).isEqualTo("8MB");
        // the limit is not the superuser's
        assertState("53300", () -> connectAs(role, name).close());
        server.connect(name).close();
      }
      statement.execute("revoke connect on database " + name + " from public");
      assertState("42501", () -> connectAs(role, name).close());

      statement.execute("alter database " + name + " reset all");
      statement.execute("alter database " + name + " with allow_connections false");
      assertState("55000", () -> server.connect(name).close());
      statement.execute("alter database " + name + " with allow_connections true is_template true");
      try (var connection = server.connect(name)) {
        assertThat(Server.query(connection, "show work_mem")).isNotEqualTo("7MB");
      }
      assertState("42809", () -> statement.execute("drop database " + name));
      statement.execute("alter database " + name + " with is_template false");
    }
  }

  private Connection connectAs(String role, String database) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl(database), role, "theirs");
  }

  private static void assertState(String state, ThrowingCallable statement) {
    assertThatThrownBy(statement)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(state));
  }
}

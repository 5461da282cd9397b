package dev.zerolite.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.testing.NativePostgres;
import dev.zerolite.testing.NativePostgresExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativePostgresExtension.class)
class MigrationsTest {
  @TempDir Path directory;

  private NativePostgres server;
  private Connection connection;

  @BeforeEach
  void connect(NativePostgres postgres) throws SQLException {
    server = postgres;
    try (var admin = postgres.connect("postgres");
        var statement = admin.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS migrations_test");
      statement.execute("CREATE DATABASE migrations_test");
    }
    connection =
        DriverManager.getConnection(
            "jdbc:postgresql://127.0.0.1:%d/migrations_test?user=postgres&preferQueryMode=simple"
                .formatted(server.port()));
  }

  @AfterEach
  void disconnect() throws SQLException {
    connection.close();
  }

  @Test
  void appliesInTheOrderOfTheNamesAndEachOnlyOnce() throws Exception {
    write("02_insert.sql", "INSERT INTO t VALUES (1);");
    write("01_create.sql", "CREATE TABLE t (a int);");
    write("notes.txt", "not SQL");
    var seed = write("seed.sql.txt", "INSERT INTO t VALUES (2);");

    assertThat(apply(seed)).isEqualTo(new Migrations.Applied(2, true));
    assertThat(apply(seed)).isEqualTo(new Migrations.Applied(0, false));
    assertThat(query("SELECT string_agg(a::text, ',' ORDER BY a) FROM t")).isEqualTo("1,2");

    write("03_more.sql", "INSERT INTO t VALUES (3);");
    assertThat(apply(seed)).isEqualTo(new Migrations.Applied(1, false));
  }

  @Test
  void aStartWithNothingToApplyCallsNoEventTrigger() throws Exception {
    write(
        "01.sql",
        """
        CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'called for %', tg_tag;
        END $$;
        CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse();
        """);

    assertThat(apply(null)).isEqualTo(new Migrations.Applied(1, false));
    assertThat(apply(null)).isEqualTo(Migrations.Applied.NOTHING);
  }

  @Test
  void leavesStatementEndsToPostgres() throws Exception {
    write(
        "01.sql",
        """
        CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$
        BEGIN
          -- a ; in a comment, a ? and a {fn} for drivers to trip over
          RETURN 'a;b' || $$;?{d}$$;
        END $body$;
        DO $$ BEGIN PERFORM f(); END $$;
        CREATE TABLE "odd;name" (a text DEFAULT ';');
        INSERT INTO "odd;name" SELECT f();
        """);

    apply(null);

    assertThat(query("SELECT a FROM \"odd;name\"")).isEqualTo("a;b;?{d}");
  }

  @Test
  void aMistakeIsShownWithItsLineAndNothingOfItsFileRemains() throws Exception {
    write("01_good.sql", "CREATE TABLE good (a int);");
    write(
        "02_bad.sql",
        """
        -- ünïcödé 😀 before the mistake
        CREATE TABLE half (a int);

        CREATE TABLE bad (a intt);
        """);

    assertThatThrownBy(() -> apply(null))
        .isInstanceOf(MigrationException.class)
        .hasMessageContaining("02_bad.sql:4: type \"intt\" does not exist (SQLSTATE 42704)")
        .hasMessageContaining("  CREATE TABLE bad (a intt);\n                      ^");
    assertThat(query("SELECT to_regclass('good')::text")).isEqualTo("good");
    assertThat(query("SELECT to_regclass('half')::text")).isNull();
    assertThat(query("SELECT string_agg(name, ',') FROM zerolite.applied"))
        .isEqualTo("01_good.sql");
  }

  @Test
  void aMistakeFoundWhileParsingIsShownWithItsLine() throws Exception {
    write("01.sql", "CREATE TABLE a (x int);\nCREATE TABEL b (x int);\n");

    assertThatThrownBy(() -> apply(null))
        .hasMessageContaining("01.sql:2: syntax error at or near \"TABEL\" (SQLSTATE 42601)");
  }

  @Test
  void anErrorWithoutPlaceShowsPostgresDetail() throws Exception {
    write("01.sql", "CREATE TABLE a (x int PRIMARY KEY);\nINSERT INTO a VALUES (1), (1);\n");

    assertThatThrownBy(() -> apply(null))
        .hasMessageContaining("(SQLSTATE 23505)")
        .hasMessageContaining("DETAIL: Key (x)=(1) already exists.");
  }

  @Test
  void aFailedMigrationCanBeCorrected() throws Exception {
    write("01.sql", "CREATE TABLE a (x intt);");
    assertThatThrownBy(() -> apply(null)).isInstanceOf(MigrationException.class);

    write("01.sql", "CREATE TABLE a (x int);");

    assertThat(apply(null).migrations()).isEqualTo(1);
  }

  @Test
  void anAppliedMigrationMustNotChange() throws Exception {
    write("01.sql", "CREATE TABLE a (x int);");
    apply(null);
    write("01.sql", "CREATE TABLE a (x bigint);");

    assertThatThrownBy(() -> apply(null))
        .isInstanceOf(MigrationException.class)
        .hasMessageContaining("01.sql has changed since it was applied");
  }

  @Test
  void settingsOfOneFileDoNotReachTheNext() throws Exception {
    write("01.sql", "SELECT pg_catalog.set_config('search_path', '', false);");
    write("02.sql", "CREATE TABLE somewhere (x int);");

    apply(null);

    assertThat(query("SELECT to_regclass('public.somewhere')::text")).isEqualTo("somewhere");
  }

  @Test
  void keepsItsBooksOutOfSchemaPublic() throws Exception {
    write("01.sql", "SELECT 1");
    apply(null);

    assertThat(query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).isEqualTo("0");
  }

  private Path write(String name, String sql) throws IOException {
    return Files.writeString(directory.resolve(name), sql);
  }

  private Migrations.Applied apply(Path seed) throws MigrationException {
    return new Migrations(connection).apply(Optional.of(directory), Optional.ofNullable(seed));
  }

  private String query(String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}

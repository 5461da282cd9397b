package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.ui.LoggerUIService;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.exception.FlywayValidateException;
import org.flywaydb.core.internal.exception.FlywayMigrateException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The tools that apps keep their schema with. */
@ExtendWith(ServerExtension.class)
@Timeout(180)
final class MigrationToolsTest {
  private final Server server;

  MigrationToolsTest(Server server) {
    this.server = server;
  }

  @Test
  void flywayMigrates() throws Exception {
    var database = server.newDatabase();
    var flyway = flyway(database, "classpath:flyway");
    assertThat(flyway.migrate().migrationsExecuted).isEqualTo(4);
    assertThat(flyway.migrate().migrationsExecuted).isZero();
    flyway.validate();
    try (var connection = server.connect(database)) {
      assertThat(Server.query(connection, "select string_agg(name, ' ' order by name) from loud"))
          .isEqualTo("ANNA! BERTHA! CÄSAR!");
      assertThat(
              Server.query(
                  connection,
                  "select indisvalid from pg_index where indexrelid = 'author_name'::regclass"))
          .isEqualTo("t");
      assertThat(
              Server.query(
                  connection,
                  "select string_agg(version, ' ' order by installed_rank)"
                      + " from flyway_schema_history where success"))
          .isEqualTo("1 2 3");
    }
    flyway.clean();
    assertThat(flyway.info().applied()).isEmpty();
  }

  @Test
  void aFailedFlywayMigrationLeavesNothing(@TempDir Path directory) throws Exception {
    Files.writeString(
        directory.resolve("V1__half.sql"), "create table half (); select * from missing;");
    var database = server.newDatabase();
    var flyway = flyway(database, "filesystem:" + directory);
    assertThatExceptionOfType(FlywayMigrateException.class)
        .isThrownBy(flyway::migrate)
        .withMessageContaining("42P01");
    try (var connection = server.connect(database)) {
      assertThat(Server.query(connection, "select to_regclass('half') is null")).isEqualTo("t");
    }
    Files.writeString(directory.resolve("V1__half.sql"), "create table half ();");
    assertThat(flyway.migrate().migrationsExecuted).isEqualTo(1);
    Files.writeString(directory.resolve("V1__half.sql"), "create table other ();");
    assertThatExceptionOfType(FlywayValidateException.class).isThrownBy(flyway::validate);
  }

  @Test
  void twoFlywaysAtOnceMigrateOnce(@TempDir Path directory) throws Exception {
    Files.writeString(
        directory.resolve("V1__slow.sql"), "create table slow (); select pg_sleep(0.3);");
    var database = server.newDatabase();
    var pool = Executors.newFixedThreadPool(2);
    try {
      Callable<Integer> migrate =
          () -> flyway(database, "filesystem:" + directory).migrate().migrationsExecuted;
      int executed = 0;
      for (var result :
          pool.invokeAll(Stream.of(migrate, migrate).toList(), 50, TimeUnit.SECONDS)) {
        executed += result.get();
      }
      assertThat(executed).isEqualTo(1);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void liquibaseUpdatesAndRollsBack() throws Exception {
    var database = server.newDatabase();
    try (var watcher = server.connect(database)) {
      liquibase(
          database,
          liquibase -> {
            liquibase.update(new Contexts(), new LabelExpression());
            liquibase.tag("all");
            assertThat(liquibase.listUnrunChangeSets(new Contexts(), new LabelExpression()))
                .isEmpty();
            assertThat(Server.query(watcher, "select title || pages from book"))
                .isEqualTo("It's one7");
            assertThat(
                    Server.query(
                        watcher,
                        "select string_agg(indexname, ' ' order by indexname collate \"C\")"
                            + " from pg_indexes where tablename = 'book'"))
                .isEqualTo("book_details book_pages book_pkey book_title");
            var diff = new StringWriter();
            liquibase.rollback(2, null, new Contexts(), new LabelExpression(), diff);
            assertThat(diff.toString()).contains("DROP COLUMN pages");
            liquibase.rollback(2, "");
            assertThat(Server.query(watcher, "select string_agg(id, ' ') from databasechangelog"))
                .isEqualTo("1");
            liquibase.update(new Contexts(), new LabelExpression());
          });
      liquibase(
          database,
          liquibase -> {
            liquibase.validate();
            liquibase.update(new Contexts(), new LabelExpression());
          });
      assertThat(Server.query(watcher, "select count(*) from databasechangelog")).isEqualTo("3");
      assertThat(Server.query(watcher, "select bool_or(locked) from databasechangeloglock"))
          .isEqualTo("f");
    }
  }

  private interface Work {
    void on(Liquibase liquibase) throws Exception;
  }

  private void liquibase(String database, Work work) throws Exception {
    try (var liquibase =
        new Liquibase(
            "liquibase/changelog.xml",
            new ClassLoaderResourceAccessor(),
            new JdbcConnection(server.connect(database)))) {
      // its progress belongs into the log
      Scope.child(Scope.Attr.ui, new LoggerUIService(), () -> work.on(liquibase));
    }
  }

  private Flyway flyway(String database, String location) {
    return Flyway.configure()
        .dataSource(server.jdbcUrl(database), server.user(), server.password())
        .locations(location)
        .placeholders(Map.of("first", "Anna"))
        .cleanDisabled(false)
        // or CREATE INDEX CONCURRENTLY waits for Flyway's own transaction
        .configuration(Map.of("flyway.postgresql.transactional.lock", "false"))
        .load();
  }
}

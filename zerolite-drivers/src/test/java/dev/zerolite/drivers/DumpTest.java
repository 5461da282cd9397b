package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.testing.ClientProgram;
import dev.zerolite.testing.NpmPackages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Data that comes from another server and goes to another one. */
@ExtendWith(ServerExtension.class)
@Timeout(700)
final class DumpTest {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private static final String SCHEMA =
      """
      create type state as enum ('open', 'paid');
      create table customer (id int generated always as identity primary key, email text unique, data jsonb);
      create table purchase (id int primary key, customer_id int references customer, state state,
        amount numeric(12,2), at timestamptz, tags text[]) partition by range (id);
      create table purchase_1 partition of purchase for values from (0) to (500);
      create table purchase_2 partition of purchase for values from (500) to (maxvalue);
      create index on purchase (customer_id) where state = 'open';
      create materialized view totals as select customer_id, sum(amount) from purchase group by 1;
      create function touch() returns trigger language plpgsql as
        $$ begin new.at := '2024-01-01 00:00:00+00'; return new; end $$;
      create trigger touched before insert on purchase for each row execute function touch();
      insert into customer (email, data) select 'c' || i, jsonb_build_object('n', i, 't', E'a\\tb\\n') from generate_series(1, 50) i;
      insert into purchase select i, i % 50 + 1, 'paid', i * 1.25, now(), array['x', 'y"' || i] from generate_series(1, 1000) i;
      refresh materialized view totals;
      comment on table customer is 'who buys';
      select setval('customer_id_seq', 777);
      select lo_from_bytea(4242, '\\x00ff');
      """;

  /** Everything that must be the same on both sides, as one text. */
  private static final String SUMMARY =
      """
      select md5(string_agg(c::text, ' ' order by id)) from customer c
      union all select md5(string_agg(p::text, ' ' order by id)) from purchase p
      union all select md5(string_agg(t::text, ' ' order by customer_id)) from totals t
      union all select last_value::text from customer_id_seq
      union all select obj_description('customer'::regclass)
      union all select count(*)::text from purchase_2
      union all select string_agg(pg_get_indexdef(indexrelid), ' ' order by indexrelid::regclass::text) from pg_index
        where indrelid::regclass::text in ('customer', 'purchase', 'purchase_1', 'purchase_2')
      union all select string_agg(pg_get_triggerdef(oid), ' ' order by tgrelid::regclass::text) from pg_trigger where not tgisinternal
      union all select encode(lo_get(4242), 'hex')
      """;

  private final Server server;
  @TempDir Path directory;

  DumpTest(Server server) {
    this.server = server;
  }

  @Test
  void pgRestoreBringsACustomFormatDumpOfAnOlderServer() throws Exception {
    var database = server.newDatabase();
    var dump = directory.resolve("dump").toString();
    List<String> expected;
    try (var debian = DebianServer.start(directory)) {
      try (var connection =
              DriverManager.getConnection(
                  "jdbc:postgresql://127.0.0.1:" + debian.port() + "/postgres", "postgres", "");
          var statement = connection.createStatement()) {
        statement.execute(SCHEMA);
        expected = summary(connection);
      }
      ok(
          ClientProgram.find("pg_dump", "postgresql-client-15"),
          Map.of("PGUSER", "postgres", "PGPORT", Integer.toString(debian.port())),
          List.of("-h", "127.0.0.1", "-Fc", "-f", dump, "postgres"));
    }

    ok(
        ClientProgram.find("pg_restore", "postgresql-client-15"),
        login(),
        List.of(
            "-h", server.host(), "-d", database, "--no-owner", "-j", "3", "--exit-on-error", dump));

    try (var connection = server.connect(database)) {
      assertThat(summary(connection)).isEqualTo(expected);
    }
  }

  @Test
  void pgDumpReadsWhileOthersWriteAndPsqlRestores() throws Exception {
    var node = Path.of("target", "node").toAbsolutePath();
    NpmPackages.linkInto(node, "drivers");
    var source = server.newDatabase();
    var target = server.newDatabase();
    try (var connection = server.connect(source);
        var statement = connection.createStatement();
        var admin = server.connect("postgres");
        var roles = admin.createStatement()) {
      statement.execute(SCHEMA);
      if (!server.user().equals("postgres")) {
        // this pg_dump always asks for the role postgres
        roles.execute("create role postgres superuser login password '" + server.password() + "'");
      }
      // an open transaction's rows are not in the dump, and do not disturb it
      connection.setAutoCommit(false);
      statement.execute(
          "update customer set email = email || ' changed'; insert into purchase values (0)");
      var dump =
          ClientProgram.find("node", "nodejs")
              .run(
                  node,
                  Map.of(),
                  PATIENCE,
                  List.of(
                      "pg-dump.mjs",
                      server.host(),
                      Integer.toString(server.port()),
                      "user=%s password=%s dbname=%s"
                          .formatted(server.user(), server.password(), source),
                      "--no-owner"));
      assertThat(dump.exitCode()).as(dump.stderr()).isZero();
      connection.rollback();
      var expected = summary(connection);
      connection.rollback();

      var script = Files.writeString(directory.resolve("dump.sql"), dump.stdout());
      ok(
          ClientProgram.find("psql", "postgresql-client-15"),
          login(),
          List.of(
              "-X",
              "-q",
              "-h",
              server.host(),
              "-v",
              "ON_ERROR_STOP=1",
              "-d",
              target,
              "-f",
              script.toString()));
      // the restored session's empty search_path is its own
      try (var restored = server.connect(target)) {
        assertThat(summary(restored)).isEqualTo(expected);
      }
      if (!server.user().equals("postgres")) {
        roles.execute("drop role postgres");
      }
    }
  }

  private Map<String, String> login() {
    return Map.of(
        "PGUSER", server.user(),
        "PGPASSWORD", server.password(),
        "PGPORT", Integer.toString(server.port()));
  }

  private void ok(ClientProgram program, Map<String, String> environment, List<String> arguments)
      throws Exception {
    var result = program.run(directory, environment, PATIENCE, arguments);
    assertThat(result.stderr()).isEmpty();
    assertThat(result.exitCode()).isZero();
  }

  private static List<String> summary(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("set timezone = 'UTC'");
      List<String> lines = new ArrayList<>();
      try (var rows = statement.executeQuery(SUMMARY)) {
        while (rows.next()) {
          lines.add(rows.getString(1));
        }
      }
      return lines;
    }
  }
}

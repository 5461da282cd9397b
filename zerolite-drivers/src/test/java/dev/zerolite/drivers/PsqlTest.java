package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.testing.ClientProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** psql and pgbench of Debian's PostgreSQL 15, as many people have them. */
@ExtendWith(ServerExtension.class)
@Timeout(180)
final class PsqlTest {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private final Server server;
  @TempDir Path directory;

  PsqlTest(Server server) {
    this.server = server;
  }

  @Test
  void aScriptWithVariablesCopiesAndConnects() throws Exception {
    var one = server.newDatabase();
    var two = server.newDatabase();
    Files.writeString(directory.resolve("rows.csv"), "1,one\n2,\"two, really\"\n");
    var script =
        """
        \\t on
        \\set table items
        create table :"table" (id int primary key, name text);
        \\copy items from 'rows.csv' csv
        select count(*) as n, max(name) as longest from items \\gset
        \\echo :n :longest
        \\if :{?n}
          select :'longest' || '!' as quoted;
        \\endif
        \\copy (select name from items order by id) to 'out.txt'
        select format('insert into items values (%s, %L)', i, 'row ' || i) from generate_series(3, 4) i \\gexec
        \\set ON_ERROR_STOP 0
        insert into items values (1);
        \\echo :LAST_ERROR_SQLSTATE :SQLSTATE
        \\set ON_ERROR_STOP 1
        begin;
        select 1/0;
        rollback;
        """;
    // ON_ERROR_STOP ends the script at the division
    var failed = psql(one, script);
    assertThat(failed.exitCode()).isEqualTo(3);
    assertThat(failed.stderr())
        .contains("duplicate key value violates unique constraint \"items_pkey\"")
        .contains("DETAIL:  Key (id)=(1) already exists.")
        .contains("division by zero");
    assertThat(failed.stdout())
        .contains(
            "COPY 2\n2 two, really\ntwo, really!\nCOPY 2\nINSERT 0 1\nINSERT 0 1\n23505 23505\n");
    assertThat(directory.resolve("out.txt")).hasContent("one\ntwo, really\n");

    var connected =
        psql(
            one,
            "\\c "
                + two
                + "\nselect current_database(), to_regclass('items') is null;\n"
                + "\\c - - - -\nselect current_database();\n\\c "
                + one
                + "\nselect count(*) from items;\n");
    assertThat(connected.stderr()).isEmpty();
    assertThat(connected.stdout()).contains(two + "|t\n").endsWith("4\n(1 row)\n");
  }

  @Test
  void describesRelations() throws Exception {
    var database = server.newDatabase();
    var result =
        psql(
            database,
            """
            create schema shop;
            create type shop.state as enum ('open', 'paid');
            create table shop.customer (id int primary key, email text not null unique);
            create table shop.purchase (
              id bigint generated always as identity primary key,
              customer_id int not null references shop.customer on delete cascade,
              state shop.state default 'open', amount numeric(12,2) check (amount > 0));
            create view shop.paid as select * from shop.purchase where state = 'paid';
            create function shop.total(int) returns numeric language sql
              as 'select sum(amount) from shop.purchase where customer_id = $1';
            create role reader; grant select on shop.purchase to reader;
            \\d shop.purchase
            \\d+ shop.paid
            \\dt shop.*
            \\df shop.*
            \\dT+ shop.state
            \\dn
            \\du reader
            \\dp shop.purchase
            \\sf shop.total
            \\x
            \\di shop.*
            \\conninfo
            drop owned by reader; drop role reader;
            """);
    assertThat(result.stderr()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.stdout())
        .contains("id|bigint||not null|generated always as identity")
        .contains("amount|numeric(12,2)|||")
        .contains("\"purchase_pkey\" PRIMARY KEY, btree (id)")
        .contains("\"purchase_amount_check\" CHECK (amount > 0::numeric)")
        .contains("FOREIGN KEY (customer_id) REFERENCES shop.customer(id) ON DELETE CASCADE")
        .contains("WHERE purchase.state = 'paid'::shop.state;".replace("purchase.", ""))
        .contains("shop|customer|table|" + server.user())
        .contains("shop|total|numeric|integer|func")
        .contains("open\npaid")
        .contains("reader=r/" + server.user())
        .contains("CREATE OR REPLACE FUNCTION shop.total(integer)")
        .contains("Name|purchase_pkey")
        .contains("connected to database \"" + database + "\" as user \"" + server.user() + "\"");
  }

  @Test
  void pgbenchHasNoFailedTransactions() throws Exception {
    var database = server.newDatabase();
    var initialised = pgbench(List.of("-i", "-q", database));
    assertThat(initialised.exitCode()).as(initialised.stderr()).isZero();
    int transactions = 0;
    for (var mode : List.of("simple", "extended", "prepared")) {
      var run = pgbench(List.of("-n", "-c", "20", "-M", mode, "-t", "2", database));
      assertThat(run.exitCode()).as(run.stderr()).isZero();
      assertThat(run.stdout())
          .contains("number of transactions actually processed: 40/40")
          .contains("number of failed transactions: 0 (0.000%)");
      transactions += 40;
    }
    // the sums agree only if no update was lost
    try (var connection = server.connect(database)) {
      assertThat(
              Server.query(
                  connection,
                  "select (select sum(abalance) from pgbench_accounts) = d"
                      + " and (select sum(tbalance) from pgbench_tellers) = d"
                      + " and (select sum(bbalance) from pgbench_branches) = d"
                      + " from (select sum(delta) d from pgbench_history) h"))
          .isEqualTo("t");
      assertThat(Server.query(connection, "select count(*) from pgbench_history"))
          .isEqualTo(Integer.toString(transactions));
    }
  }

  private ClientProgram.Result psql(String database, String script) throws Exception {
    var file = Files.writeString(directory.resolve("script.sql"), script);
    return run(
        ClientProgram.find("psql", "postgresql-client-15"),
        List.of("-X", "-A", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", file.toString()));
  }

  private ClientProgram.Result pgbench(List<String> arguments) throws Exception {
    return run(ClientProgram.find("pgbench", "postgresql-15"), arguments);
  }

  private ClientProgram.Result run(ClientProgram program, List<String> arguments) throws Exception {
    List<String> all = new ArrayList<>();
    all.addAll(
        List.of("-h", server.host(), "-p", Integer.toString(server.port()), "-U", server.user()));
    all.addAll(arguments);
    return program.run(
        directory,
        Map.of("PGPASSWORD", server.password(), "PGPASSFILE", "/dev/null", "LC_ALL", "C.UTF-8"),
        PATIENCE,
        all);
  }
}

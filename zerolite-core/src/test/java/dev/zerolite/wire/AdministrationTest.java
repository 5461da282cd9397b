package dev.zerolite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Databases and roles: the same steps of several sessions on ours and on a native server, with the
 * same answers, errors, warnings and settings. What the answers are is PostgreSQL's business; that
 * they are something is checked by {@link Scenario#mustSee}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class AdministrationTest {
  private final ExecutorService pool = Executors.newSingleThreadExecutor();
  private ServerPair servers;

  /**
   * Steps, each with the session that takes it: {@code a login USER DATABASE PASSWORD}, {@code a
   * quit}, otherwise SQL.
   *
   * @param mustSee what has to be among the answers, or the scenario does not show what it should
   */
  private record Scenario(String name, List<String> mustSee, String steps) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  void start() throws IOException, BackendStartException, InterruptedException {
    servers = ServerPair.start();
    // superusers are trusted, so that nobody is locked out
    servers.authenticate(
        "host all postgres all trust",
        "host all md5_user all md5",
        "host all md5_renamed all md5",
        "host all all all scram-sha-256");
  }

  @AfterAll
  void stop() throws IOException {
    pool.shutdownNow();
    servers.close();
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void isAsWithPostgres(Scenario scenario) throws Exception {
    // at once, since some steps wait five seconds for other sessions to go
    Future<List<String>> expected =
        pool.submit(() -> new Transcript(servers.postgresPort()).play(scenario.steps()));
    List<String> actual = new Transcript(servers.port()).play(scenario.steps());
    assertThat(actual).isEqualTo(expected.get(60, TimeUnit.SECONDS));
    assertThat(String.join("\n", actual)).contains(scenario.mustSee());
  }

  private static List<Scenario> scenarios() {
    return List.of(
        new Scenario(
            "rename while others are connected",
            List.of("55006", "3D000", "now_named", "42P04", "0A000"),
            """
            a login postgres postgres
            a create database to_rename
            b login postgres to_rename
            b create table kept as select 42 as a
            a alter database to_rename rename to now_named
            b select current_database()
            b alter database to_rename rename to now_named
            b quit
            a alter database to_rename rename to now_named
            b login postgres to_rename
            b login postgres now_named
            b select current_database(), a from kept
            b quit
            a alter database now_named rename to postgres
            a alter database nowhere rename to x
            a begin
            a alter database now_named rename to rolled_back
            a rollback
            b login postgres rolled_back
            a alter database now_named set tablespace pg_global
            a create role owner_of_it
            a alter database now_named owner to owner_of_it
            a drop role owner_of_it
            a drop database now_named
            a drop role owner_of_it
            """),
        new Scenario(
            "drop with force",
            List.of("55006", "57P01", "3D000", "42501"),
            """
            a login postgres postgres
            a create database to_force
            a create role dropper login createdb password 'x'
            b login postgres to_force
            b create table t (a int)
            b begin
            b lock table t
            c login postgres to_force
            c listen x
            d login dropper postgres x
            d drop database to_force with (force)
            d alter database to_force allow_connections false
            a alter database to_force owner to dropper
            d drop database to_force
            b select 1
            a drop database to_force with (force)
            b select 1
            c select 1
            e login postgres to_force
            a drop database to_force with (force)
            a drop database if exists to_force with (force)
            a drop database postgres with (force)
            a drop database template1 with (force)
            d quit
            a drop role dropper
            """),
        new Scenario(
            "slots go with their database",
            List.of("in_database | f | with_slot", "3D000"),
            """
            a login postgres postgres
            a create database with_slot
            b login postgres with_slot
            b select pg_create_logical_replication_slot('in_database', 'pgoutput') is not null
            b quit
            a select slot_name, active, database from pg_replication_slots where slot_name = 'in_database'
            a drop database with_slot
            a drop database with_slot
            a select slot_name, active, database from pg_replication_slots where slot_name = 'in_database'
            """),
        new Scenario(
            "templates",
            List.of("55006", "42501", "25001", "22023", "{1,2}"),
            """
            a login postgres postgres
            a create database plan
            b login postgres plan
            b create table copied as select array[1,2] as a
            a create database built template plan
            b quit
            a create database built template plan
            b login postgres built
            b select a from copied
            b create unlogged table fast as select 1 as a
            b alter database built set work_mem = '9MB'
            b quit
            a create database built_again template built strategy file_copy connection limit 0
            a select datname, datconnlimit, datistemplate, datallowconn from pg_database where datname like 'built%' order by 1
            b login postgres built_again
            b select * from fast
            b show work_mem
            b quit
            a create role builder login createdb password 'x'
            c login builder postgres x
            c create database mine template built
            c create database mine owner postgres
            a alter database built is_template true
            c create database mine template built
            c alter database mine rename to my_own
            c comment on database my_own is 'mine'
            c create database mine strategy nothing
            c begin
            c create database mine
            c rollback
            c do $$ begin create database mine; end $$
            a create database latin encoding latin1
            a create database latin encoding latin1 template template0 locale 'C'
            b login postgres latin
            b select pg_encoding_to_char(encoding), current_setting('server_encoding'), octet_length('ä') from pg_database where datname = 'latin'
            b quit
            a create database builtin template template0 locale_provider builtin builtin_locale 'C.UTF-8'
            a create database wrong template template0 locale_provider builtin builtin_locale 'nowhere'
            a create database built
            a drop database built
            a alter database built is_template false
            a drop database built
            a drop database built_again
            c drop database my_own
            c quit
            a drop database plan
            a drop database latin
            a drop database builtin
            a drop role builder
            """),
        new Scenario(
            "connection limits",
            List.of("53300", "too many connections for role", "too many connections for database"),
            """
            a login postgres postgres
            a create role limited login password 'x' connection limit 1
            a create database crowded connection limit 1
            b login limited crowded x
            c login limited postgres x
            b quit
            c login limited postgres x
            c quit
            a alter role limited connection limit -1
            b login limited crowded x
            c login limited crowded x
            d login postgres crowded
            d quit
            a alter database crowded connection limit 0
            b select 1
            b quit
            b login limited crowded x
            a alter role limited connection limit 0
            b login limited postgres x
            a alter role limited connection limit -2
            a alter database crowded connection limit -2
            a alter database crowded allow_connections false
            b login limited crowded x
            a revoke connect on database crowded from public
            a alter database crowded allow_connections true connection limit -1
            b login limited crowded x
            a grant connect on database crowded to limited
            b login limited crowded x
            b quit
            a drop database crowded
            a drop role limited
            """),
        new Scenario(
            "who may log in",
            List.of("28000", "28P01", "42704", "2BP01"),
            """
            a login postgres postgres
            a create role nobody_yet password 'x'
            b login nobody_yet postgres x
            a alter role nobody_yet login
            b login nobody_yet postgres x
            b select current_user, session_user
            b alter role nobody_yet password 'y'
            b quit
            b login nobody_yet postgres x
            b login nobody_yet postgres y
            a alter role nobody_yet nologin
            b select 'still here'
            b quit
            b login nobody_yet postgres y
            a alter role nobody_yet login valid until 'yesterday'
            b login nobody_yet postgres y
            a alter role nobody_yet valid until 'infinity'
            b login nobody_yet postgres y
            a alter role nobody_yet valid until 'tomorrow'
            c login nobody_yet postgres y
            c quit
            a alter role nobody_yet password null
            c login nobody_yet postgres y
            c login nobody_yet postgres
            a alter role nobody_yet password ''
            c login nobody_yet postgres
            a alter role nobody_yet password 'SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$x:y'
            c login nobody_yet postgres x
            a alter role nobody_yet rename to somebody
            b select current_user, session_user
            a alter role somebody password 'π😀 "x'' \\ '
            c login somebody postgres π😀
            c login nobody_yet postgres y
            c login absent postgres x
            c login absent nowhere x
            c login somebody nowhere π😀
            a drop role somebody
            b select current_user
            b create table of_nobody ()
            b quit
            a create role somebody
            a create table owned ()
            a alter table owned owner to somebody
            a drop role somebody
            a reassign owned by somebody to postgres
            a drop owned by somebody
            a drop role somebody
            a drop role somebody
            a drop role if exists somebody
            a drop role postgres
            a drop table owned
            a create role pg_mine
            a create role "postgres"
            a create role "none"
            """),
        new Scenario(
            "md5 passwords",
            List.of("01P01", "28P01"),
            """
            a login postgres postgres
            a set password_encryption = 'md5'
            a create role md5_user login password 'x'
            a select rolpassword like 'md5%' from pg_authid where rolname = 'md5_user'
            b login md5_user postgres x
            b select current_user
            b quit
            b login md5_user postgres y
            a alter role md5_user password 'md50123456789abcdef0123456789abcdef'
            b login md5_user postgres x
            a alter role md5_user password 'x'
            a alter role md5_user rename to md5_renamed
            b login md5_renamed postgres x
            a set password_encryption = 'scram-sha-256'
            a alter role md5_renamed password 'z'
            b login md5_renamed postgres z
            b quit
            a set md5_password_warnings = off
            a alter role md5_renamed password 'md50123456789abcdef0123456789abcdef'
            a alter role md5_renamed rename to scram_only
            b login scram_only postgres z
            a drop role scram_only
            """),
        new Scenario(
            "settings of roles and databases",
            List.of("4MB", "7MB", "read_only on", "57014", "58P01"),
            """
            a login postgres postgres
            a create database configured
            a create role configured login password 'x'
            a alter role all set work_mem = '1MB'
            a alter database configured set work_mem = '2MB'
            b login configured configured x
            b show work_mem
            b quit
            a alter role configured set work_mem = '3MB'
            b login configured configured x
            b show work_mem
            b quit
            a alter role configured in database configured set work_mem = '4MB'
            b login configured configured x
            b show work_mem
            b select source, reset_val from pg_settings where name = 'work_mem'
            b set work_mem = '7MB'
            b show work_mem
            b reset work_mem
            b show work_mem
            b set search_path = nowhere
            b discard all
            b show search_path
            b quit
            a alter role configured set default_transaction_read_only = on
            a alter role configured set search_path = nowhere, public
            a alter role configured set application_name = 'by role'
            a alter role configured set timezone = 'Europe/Vienna'
            a alter role configured set datestyle = 'german'
            a alter role configured set client_encoding = 'latin1'
            b login configured configured x
            b select 'read_only ' || current_setting('transaction_read_only'), current_setting('search_path')
            b select '2026-01-02 03:04:05+00'::timestamptz
            b create table t ()
            b quit
            a alter role configured reset all
            a alter role configured set work_mem = 'much'
            a alter role configured set nothing = 'much'
            a alter role configured set my.own = 'much'
            a alter role configured set log_statement = 'all'
            a alter role configured set max_connections = 7
            a alter role configured set role = 'pg_monitor'
            a grant pg_monitor to configured
            b login configured postgres x
            b select current_user, session_user, current_setting('my.own'), current_setting('log_statement')
            b alter role configured set log_statement = 'none'
            b set role none
            b alter role configured set statement_timeout = '50ms'
            b quit
            b login configured postgres x
            b select pg_sleep(100)
            b quit
            a alter role configured set session_preload_libraries = 'nowhere'
            b login configured postgres x
            a alter role configured reset session_preload_libraries
            a alter role configured set role = 'absent'
            b login configured postgres x
            b select current_user
            b quit
            a select setdatabase <> 0 as for_database, setrole <> 0 as for_role, setconfig::text from pg_db_role_setting order by 1, 2, 3
            a alter role all reset all
            a drop database configured
            a drop role configured
            a select count(*) from pg_db_role_setting
            """),
        new Scenario(
            "event triggers at login",
            List.of("by event trigger", "P0001"),
            """
            a login postgres postgres
            a create database greeting
            a create role greeted login password 'x'
            b login postgres greeting
            b create table logins (who text)
            b grant insert, select on logins to public
            b create function greet() returns event_trigger language plpgsql as $$ begin insert into logins values (session_user); raise notice 'by event trigger'; end $$
            b create event trigger greet on login execute function greet()
            c login greeted greeting x
            c select * from logins
            c quit
            b create or replace function greet() returns event_trigger language plpgsql as $$ begin if session_user = 'greeted' then raise 'go away'; end if; end $$
            c login greeted greeting x
            b drop event trigger greet
            c login greeted greeting x
            c select count(*) from logins
            c quit
            b quit
            a drop database greeting
            a drop role greeted
            """));
  }
}

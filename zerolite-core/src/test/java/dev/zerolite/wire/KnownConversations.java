package dev.zerolite.wire;

import static dev.zerolite.wire.FrontendMessage.bind;
import static dev.zerolite.wire.FrontendMessage.close;
import static dev.zerolite.wire.FrontendMessage.copyData;
import static dev.zerolite.wire.FrontendMessage.copyDone;
import static dev.zerolite.wire.FrontendMessage.copyFail;
import static dev.zerolite.wire.FrontendMessage.describe;
import static dev.zerolite.wire.FrontendMessage.execute;
import static dev.zerolite.wire.FrontendMessage.flush;
import static dev.zerolite.wire.FrontendMessage.functionCall;
import static dev.zerolite.wire.FrontendMessage.parse;
import static dev.zerolite.wire.FrontendMessage.query;
import static dev.zerolite.wire.FrontendMessage.sync;
import static dev.zerolite.wire.FrontendMessage.terminate;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.wire.FrontendMessage.Value;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Conversations about what the protocol's documentation promises, one subject each. */
final class KnownConversations {
  private static final String SERIES = "select generate_series(1, $1::int)";

  /** What COPY calls binary begins with; "File Header" of COPY's documentation. */
  private static final byte[] BINARY_HEADER = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', -1, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  private KnownConversations() {}

  static List<Conversation> all() {
    return List.of(
        // portals
        say(
            query("begin"),
            parse("s", SERIES, List.of()),
            bind("p", "s", List.of(Value.text("7")), 0),
            bind("q", "s", List.of(Value.text("3")), 1),
            execute("p", 3),
            execute("q", 2),
            execute("p", 3),
            flush(),
            execute("q", 1),
            execute("q", 1),
            execute("p", 0),
            execute("p", 0),
            sync(),
            execute("q", 0),
            close('P', "q"),
            execute("q", 0),
            sync(),
            query("rollback"),
            execute("p", 0),
            sync()),
        say(
            parse(
                "",
                "insert into f select g, 'n' from generate_series(6, 9) g returning id",
                none()),
            bind("p", "", List.of(), -1),
            describe('P', "p"),
            execute("p", 1),
            execute("p", 2),
            sync(),
            execute("p", 1),
            sync(),
            query("select count(*) from f")),
        say(
            query("begin"),
            parse("", "table f", none()),
            bind("p", "", List.of(), 0),
            execute("p", 2),
            sync(),
            query("fetch 1 from p"),
            query("move backward 2 in p"),
            query("select name, statement, is_holdable, is_scrollable from pg_cursors"),
            execute("p", 1),
            sync(),
            query("close p"),
            execute("p", 1),
            sync()),
        say(
            query("begin; declare c scroll cursor with hold for select id from f order by id"),
            describe('P', "c"),
            execute("c", 2),
            sync(),
            query("commit"),
            execute("c", 1),
            sync(),
            query("fetch first from c"),
            close('P', "c"),
            sync()),

        // statements
        say(
            parse("s", "select $1, $2::text, $3 + 1", List.of(23)),
            describe('S', "s"),
            describe('S', "nowhere"),
            describe('S', "s"),
            sync(),
            parse("s", "select 1", none()),
            sync(),
            close('S', "s"),
            close('S', "s"),
            parse("s", "", none()),
            describe('S', "s"),
            bind("", "s", List.of(), 0),
            describe('P', ""),
            execute("", 0),
            sync()),
        say(
            parse("s", "table f", none()),
            sync(),
            query("alter table f add column more int"),
            bind("", "s", List.of(), 0),
            sync(),
            query("alter table f drop column more"),
            bind("", "s", List.of(), 0),
            execute("", 1),
            sync()),
        say(
            parse("s", "select $1::int, $2::text", none()),
            bind("", "s", List.of(Value.text("1")), 0),
            sync(),
            bind("", "s", List.of(new Value(1, new byte[3]), Value.text("")), 0),
            sync(),
            bind("", "s", List.of(Value.text("x"), Value.text("")), 0),
            sync(),
            bind("", "s", List.of(Value.text("1"), new Value(0, new byte[] {'a', 0, 'b'})), 0),
            sync(),
            bind("", "s", List.of(Value.text("1"), new Value(1, new byte[] {-1})), 0),
            sync(),
            bind("", "s", List.of(new Value(0, null), new Value(1, null)), 1),
            execute("", 0),
            sync(),
            parse("", "select $65536", none()),
            sync(),
            parse("", "select $1, $3", List.of(23)),
            sync()),
        say(
            parse("", "select md5($1), length($1)", List.of(25)),
            bind("", "", List.of(Value.text("ü".repeat(4 << 20))), 0),
            execute("", 0),
            sync()),

        // pipelines and transactions
        say(
            parse("i", "insert into f values ($1, 'p')", none()),
            bind("", "i", List.of(Value.text("50")), 0),
            execute("", 0),
            bind("", "i", List.of(Value.text("1")), 0),
            flush(),
            execute("", 0),
            flush(),
            bind("", "i", List.of(Value.text("51")), 0),
            execute("", 0),
            query("select 'ignored'"),
            sync(),
            sync(),
            query("select count(*) from f"),
            bind("", "i", List.of(Value.text("52")), 0),
            execute("", 0),
            sync(),
            query("select count(*) from f")),
        say(
            parse("b", "begin", none()),
            parse("c", "commit", none()),
            parse("i", "insert into f values ($1, 'p')", none()),
            bind("", "i", List.of(Value.text("60")), 0),
            execute("", 0),
            bind("", "b", List.of(), 0),
            execute("", 0),
            bind("", "i", List.of(Value.text("61")), 0),
            execute("", 0),
            bind("", "c", List.of(), 0),
            execute("", 0),
            bind("", "i", List.of(Value.text("62")), 0),
            execute("", 0),
            bind("", "i", List.of(Value.text("62")), 0),
            execute("", 0),
            sync(),
            query("select id from f where id >= 60 order by 1")),
        say(
            parse("", "select 1", none()),
            bind("", "", List.of(), 0),
            execute("", 0),
            parse("", "vacuum f", none()),
            bind("", "", List.of(), 0),
            execute("", 0),
            sync(),
            parse("", "vacuum f", none()),
            bind("", "", List.of(), 0),
            execute("", 0),
            parse("", "select 2", none()),
            bind("", "", List.of(), 0),
            execute("", 0),
            sync(),
            parse("", "savepoint s", none()),
            bind("", "", List.of(), 0),
            execute("", 0),
            sync()),
        say(
            query("insert into f values (70, ''); select 1/0; select 2"),
            query(
                "insert into f values (71, ''); commit; insert into f values (72, ''); select 1/0"),
            query(
                "insert into f values (73, ''); begin; insert into f values (74, ''); select 1/0"),
            query("rollback"),
            query("begin; insert into f values (75, ''); commit; select 1/0"),
            query("insert into f values (76, ''); rollback; insert into f values (77, '')"),
            query("insert into f values (78, ''); savepoint s; select 1"),
            query("select 1; vacuum f"),
            query("select 1; create database never"),
            query("set local work_mem = '1MB'; show work_mem"),
            query("show work_mem"),
            query("select id from f where id >= 70 order by 1"),
            query("commit and chain"),
            query("begin read only; commit and chain; show transaction_read_only; rollback")),
        say(
            query("begin"),
            query("select 1/0"),
            query("select 1"),
            parse("", "select 1", none()),
            sync(),
            parse("r", "rollback", none()),
            bind("", "r", List.of(), 0),
            describe('P', ""),
            execute("", 0),
            sync(),
            query("begin; savepoint a; insert into f values (80, '')"),
            query("insert into f values (80, '')"),
            query("rollback to a; insert into f values (81, '')"),
            query("release a; commit"),
            query("select id from f where id >= 80")),
        say(query("select 1"), terminate(), query("select 'too late'")),
        say(query("set statement_timeout = 50; select pg_sleep(100)"), query("select 'on'")),
        say(query("select pg_terminate_backend(pg_backend_pid())"), query("select 'too late'")),

        // int4pl, textcat, pg_typeof of one that is not strict, a set, an aggregate, a window
        say(
            functionCall(177, List.of(Value.text("20"), Value.text("22")), 0),
            functionCall(177, List.of(Value.text("20"), new Value(1, new byte[] {0, 0, 0, 1})), 1),
            functionCall(177, List.of(Value.text("20"), new Value(0, null)), 1),
            functionCall(177, List.of(Value.text("2147483647"), Value.text("1")), 0),
            functionCall(177, List.of(Value.text("1")), 0),
            functionCall(177, List.of(Value.text("1"), Value.text("x")), 0),
            functionCall(177, List.of(Value.text("1"), Value.text("1")), 2),
            functionCall(1258, List.of(Value.text("ä"), Value.text("ö")), 0),
            functionCall(1258, List.of(new Value(1, new byte[] {-1}), Value.text("ö")), 0),
            functionCall(1067, List.of(Value.text("1"), Value.text("3")), 0),
            functionCall(2108, List.of(Value.text("1")), 0),
            functionCall(3100, List.of(), 0),
            functionCall(0, List.of(), 0),
            query("begin"),
            functionCall(4_000_000, List.of(), 0),
            functionCall(177, List.of(Value.text("20"), Value.text("22")), 0),
            query("rollback")),

        // ParameterStatus
        say(
            query("set search_path = pg_catalog, public"),
            query("set datestyle = 'German'; select '2024-02-03'::date"),
            query("set intervalstyle = 'sql_standard'; set timezone = 'Asia/Tokyo'"),
            query("set standard_conforming_strings = off; select '\\\\'"),
            query("set application_name = 'ä'"),
            query("set default_transaction_read_only = on"),
            query("set default_transaction_read_only = off"),
            query("begin; set local datestyle = 'SQL, MDY'; set search_path = ''"),
            query("rollback"),
            query("begin; set datestyle = 'Postgres'; savepoint s; set datestyle = 'ISO'"),
            query("rollback to s; commit"),
            query("select set_config('timezone', 'UTC', true), current_setting('timezone')"),
            query(
                "create function pg_temp.tz() returns text set timezone = 'Europe/Oslo'"
                    + " begin atomic select current_setting('timezone'); end; select pg_temp.tz()"),
            query("discard all"),
            query("reset all")),
        say(
            query("begin; create role known_one superuser; create role known_two"),
            query("set role known_two; select current_user, session_user"),
            query("reset role"),
            query("set session authorization known_two; show is_superuser"),
            query("set session authorization default; set session authorization known_one"),
            query("rollback"),
            query("select current_user; show is_superuser"),
            query("set role nobody")),
        say(
            query("set client_encoding = 'LATIN1'; select 'gr\u00fcn'"),
            new FrontendMessage(
                "LATIN1",
                RawClient.message(
                    'Q', "select 'gr\u00fcn', * from gr\u00fcn\0".getBytes(ISO_8859_1))),
            query("select chr(8364)"),
            query("set client_encoding = 'SQL_ASCII'; select chr(8364)"),
            query("set client_encoding = 'EUC_JP'; select U&'\\65e5\\672c'"),
            query("set client_encoding = 'nonsense'"),
            query("reset client_encoding; set names 'UTF8'"),
            new FrontendMessage("not UTF-8", RawClient.message('Q', new byte[] {'\'', -61, 0}))),

        // ErrorResponse and NoticeResponse
        say(
            query(
                "create domain pg_temp.positive as int constraint above_zero check (value > 0);"
                    + " create temp table e (id int primary key, n int not null, p pg_temp.positive,"
                    + " f int constraint fk references f, r int4range,"
                    + " constraint small check (n < 10), exclude using gist (r with &&))"),
            query("insert into e values (1, null)"),
            query("insert into e values (1, 11)"),
            query("insert into e values (1, 1, -1)"),
            query("insert into e values (1, 1, 1, 99)"),
            query("insert into e values (1, 1, 1, 1, '[1,5]'), (2, 1, 1, 1, '[4,8]')"),
            query("insert into e values (1, 1), (1, 1)"),
            query("delete from f; insert into e values (1, 1, 1, null); drop table f"),
            query("insert into e values (3, 1, 1, 1)"),
            query("delete from f"),
            query("select (-1)::pg_temp.positive"),
            query("select 'ünïcode' || nothing from f"),
            query("select 1\n+ 'ä' +\n 2"),
            query("drop table e, nowhere; drop table if exists nowhere"),
            query("alter table f add constraint f_pkey unique (id)"),
            query("select cast('x' as int), 1"),
            query("select '[1'::json, '{'::int[]"),
            query("select e'\\xff'")),
        say(
            query(
                "do $$ begin raise exception 'm' using detail = 'd', hint = 'h', errcode = '23ABC',"
                    + " schema = 's', table = 't', column = 'c', constraint = 'k', datatype = 'y'; end $$"),
            query("do $$ begin execute 'select 1 + nowhere'; end $$"),
            query("do $$ begin\n  perform 1;\n  perform 1 / 0;\nend $$"),
            query("do $$ begin raise division_by_zero; end $$"),
            query("do $$ begin selec 1; end $$"),
            query(
                "create function pg_temp.inner_one(a int) returns int language plpgsql as"
                    + " $f$ begin raise notice 'in %', a; raise warning 'w'; raise info 'i';"
                    + " raise log 'l'; raise debug 'd'; return 1 / a; end $f$;"
                    + " create function pg_temp.outer_one(a int) returns int language sql as"
                    + " $f$ select pg_temp.inner_one(a) $f$"),
            query("select pg_temp.outer_one(1)"),
            query("select pg_temp.outer_one(0)"),
            query("set client_min_messages = error; select pg_temp.outer_one(0)"),
            query("set client_min_messages = log; select pg_temp.outer_one(0)"),
            query("create function pg_temp.bad() returns int language sql as 'select nowhere'"),
            query(
                "create function pg_temp.bad() returns int language plpgsql as 'begin retur 1; end'"),
            parse("", "select pg_temp.outer_one($1)", none()),
            bind("", "", List.of(Value.text("0")), 0),
            execute("", 0),
            sync(),
            bind("", "", List.of(Value.text("x")), 0),
            sync()),

        // LISTEN and NOTIFY
        say(
            query("listen c; listen d; notify c"),
            query("begin; notify c, 'in'; notify d, 'a'; notify d, 'a'; notify d, 'b'"),
            query("select 'not yet'"),
            query("commit"),
            parse("", "select pg_notify('c', $1)", none()),
            bind("", "", List.of(Value.text("ü")), 0),
            execute("", 0),
            flush(),
            bind("", "", List.of(Value.text("2")), 0),
            execute("", 0),
            sync(),
            query("notify c, 'lost'; select 1/0"),
            query("begin; unlisten d; notify d; notify c, 'kept'; commit"),
            query("select pg_notify('c', repeat('x', 8000))"),
            query("unlisten *; notify c; select * from pg_listening_channels()")),

        // COPY
        copyInExtended(text("10\tten\n", "11\tele", "ven\n"), copyDone(), sync()),
        copyInExtended(text("10\tten\n"), copyFail("enough"), sync()),
        copyInExtended(text("10\tten\n", "x\ty\n", "12\tignored\n"), copyDone(), sync()),
        copyInExtended(text("1\tduplicate\n"), copyDone(), sync()),
        copyInExtended(
            List.of(flush(), sync(), copyData("10\tten\n".getBytes(UTF_8)), flush()),
            copyDone(),
            sync()),
        copyInExtended(text("10\tten\n"), query("select 1"), sync()),
        copyInExtended(text("10\tten\n"), parse("", "select 1", none()), sync()),
        copyInExtended(text("10\tten\n"), copyDone(), copyDone(), copyData(new byte[1]), sync()),
        copyInExtended(text("10\tten\n"), terminate()),
        say(
            query("copy f from stdin (format binary)"),
            copyData(BINARY_HEADER),
            copyData(binaryRow(20, "twenty")),
            copyData(new byte[] {-1, -1}),
            copyDone(),
            query("copy f from stdin (format binary)"),
            copyData(BINARY_HEADER),
            copyData(new byte[] {0, 3}),
            copyDone(),
            query("copy f from stdin (format binary)"),
            copyData(Arrays.copyOf(BINARY_HEADER, 10)),
            copyDone(),
            query("copy f from stdin (format binary)"),
            copyData(BINARY_HEADER),
            copyData(Arrays.copyOf(binaryRow(21, "cut"), 9)),
            copyDone(),
            query("copy f from stdin (format binary)"),
            copyData("10\tten\n".getBytes(UTF_8)),
            copyDone(),
            query("copy f (t, id) to stdout (format binary)")),
        say(
            parse("", "copy (select * from f order by id) to stdout (format binary)", none()),
            bind("", "", List.of(), 0),
            describe('P', ""),
            execute("", 2),
            parse("", "copy (select 1 / (2 - id) from f order by id) to stdout", none()),
            bind("", "", List.of(), 0),
            execute("", 0),
            parse("", "select 'ignored'", none()),
            sync()),
        say(
            query("copy f from stdin (format csv, header match)"),
            copyData("id,wrong\n".getBytes(UTF_8)),
            copyDone(),
            query("copy f from stdin (format csv, header, force_null (t), default 'D')"),
            copyData("id,t\n30,\"\"\n31,\"a \"\"q\"\", b\"\n".getBytes(UTF_8)),
            copyDone(),
            query("copy f from stdin (on_error ignore, log_verbosity verbose, reject_limit 2)"),
            copyData("40\tx\nbad\tx\nworse\tx\nworst\tx\n".getBytes(UTF_8)),
            copyDone(),
            query("copy f from stdin (encoding 'LATIN1')"),
            copyData("50\tgr\u00fcn\n".getBytes(ISO_8859_1)),
            copyDone(),
            query("copy f from stdin (delimiter '|', null 'NIL') where id > 61"),
            copyData("60|NIL\n61|a\n62|b\n\\.\n".getBytes(UTF_8)),
            copyDone(),
            query("copy f from stdin"),
            copyData("70\tgr\u00fcn\n".getBytes(ISO_8859_1)),
            copyDone(),
            query("copy f to stdout (format csv, header, force_quote (t), null 'NIL')"),
            query("copy f from stdin; copy f from stdin; select 1"),
            copyData("80\tx\n".getBytes(UTF_8)),
            copyDone(),
            copyData("81\tx\n".getBytes(UTF_8)),
            copyDone(),
            query("copy f to '/nowhere/at/all'"),
            copyFail("there is none")));
  }

  private static Conversation copyInExtended(List<FrontendMessage> data, FrontendMessage... end) {
    List<FrontendMessage> all = new ArrayList<>();
    all.add(parse("", "copy f from stdin", none()));
    all.add(bind("", "", List.of(), 0));
    all.add(describe('P', ""));
    all.add(execute("", 0));
    all.addAll(data);
    all.addAll(List.of(end));
    all.add(query("select * from f where id > 5"));
    return say(all.toArray(FrontendMessage[]::new));
  }

  private static List<FrontendMessage> text(String... pieces) {
    return Arrays.stream(pieces).map(piece -> copyData(piece.getBytes(UTF_8))).toList();
  }

  private static byte[] binaryRow(int id, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return ByteBuffer.allocate(14 + bytes.length)
        .putShort((short) 2)
        .putInt(4)
        .putInt(id)
        .putInt(bytes.length)
        .put(bytes)
        .array();
  }

  private static List<Integer> none() {
    return List.of();
  }

  private static Conversation say(FrontendMessage... messages) {
    return new Conversation(List.of(messages), true, messages.length);
  }
}

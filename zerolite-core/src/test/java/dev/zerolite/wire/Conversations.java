package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.wire.FrontendMessage.Value;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** What clients might say. Statements whose results may differ between two servers are left out. */
final class Conversations {
  private static final List<String> QUERIES =
      List.of(
          "",
          ";",
          "select 1",
          "select 1; select 2",
          "select 1; select 1/0; select 3",
          "selec 1",
          "select 'ünïcode' as \"ü\", null, ''",
          "select * from nowhere",
          "select $1",
          "select id, missing from f",
          "values (1, 'a'), (2, null)",
          "select * from f order by id",
          "table f; select 1; table f",
          "insert into f values (1, 'duplicate')",
          "insert into f values (100, 'x')",
          "insert into f values (101, 'x'); select 1/0",
          "insert into f values (102, 'x'); commit; select 1/0",
          "begin; insert into f values (103, 'x'); select count(*) from f",
          "insert into f select 1000 + g, 'z' from generate_series(1, 50) g",
          "update f set t = t || '!'",
          "delete from f where id > 3 returning *",
          "merge into f using (values (1, 'm'), (900, 'n')) v(a, b) on id = a"
              + " when matched then update set t = b when not matched then insert values (a, b)",
          "begin",
          "begin; begin",
          "start transaction read only",
          "begin isolation level serializable",
          "commit",
          "commit and chain",
          "rollback",
          "end; begin",
          "savepoint s",
          "rollback to s",
          "release s",
          "set transaction isolation level repeatable read",
          "prepare transaction 'x'",
          "set application_name = 'fuzz'",
          "set datestyle = 'German, DMY'",
          "set timezone = 'Asia/Tokyo'; select 1/0",
          "set local intervalstyle = iso_8601",
          "set standard_conforming_strings = off",
          "set nonsense = 1",
          "show transaction_isolation",
          "reset all",
          "copy f to stdout",
          "copy f to stdout (format binary)",
          "copy f to stdout (format csv, header)",
          "copy (select generate_series(1, 300)) to stdout; select 1",
          "copy (select 1 / (3 - g) from generate_series(1, 5) g) to stdout",
          "copy f from stdin",
          "copy f from stdin; select count(*) from f",
          "copy f from stdin (format binary)",
          "copy f from stdin (format csv, header)",
          "copy f from stdin (on_error ignore)",
          "copy nowhere from stdin",
          "listen c",
          "notify c, 'payload'",
          "unlisten *",
          "do $$ begin raise notice 'noticed %', 1; end $$",
          "do $$ begin raise exception 'boom' using detail = 'd', hint = 'h', errcode = 'ZZ001'; end $$",
          "declare cur cursor for select generate_series(1, 10)",
          "declare cur cursor with hold for select generate_series(1, 10)",
          "fetch 3 from cur",
          "fetch backward all from cur",
          "move 2 in cur",
          "close cur",
          "close all",
          "fetch 2 from p1",
          "prepare s1 as select $1::int + 1",
          "execute s1(5)",
          "execute s2(1)",
          "deallocate s1",
          "deallocate all",
          "discard all",
          "vacuum f",
          "create temp table g (a int); drop table g",
          "create temp table h (a int) on commit drop",
          "drop table f",
          "truncate f",
          "alter table f add column extra int default 7",
          "lock table f",
          "select pg_advisory_lock(1), pg_notify('c', 'x')",
          "select repeat('x', 20000)",
          "select generate_series(1, 2000)",
          "select '{1,2}'::int[], 1.5::numeric, true, '2024-01-01'::date, '\\x00ff'::bytea",
          "select pg_cancel_backend(pg_backend_pid())",
          "set session authorization nobody",
          "explain (costs off) select * from f where id = 1",
          "select repeat('x', 1073741823)",
          "select repeat('x', 1073741824 / 4) || repeat('x', 1073741823)",
          "select " + "null::int, ".repeat(1600) + "1",
          "select " + "1, ".repeat(1664) + "1",
          "declare big cursor for select repeat('y', 3000) from generate_series(1, 9)",
          "fetch all from big",
          "copy f to stdout (format csv, force_quote *)",
          "select set_config('application_name', 'x', false); reset application_name",
          "set datestyle = 'SQL'; set datestyle = 'ISO'; reset datestyle");

  private static final List<String> STATEMENTS =
      List.of(
          "",
          "select 1",
          "select $1::int + $2::int",
          "select $1",
          "select $1::text, $2::bytea, $3::numeric",
          "select * from f where id > $1 order by id",
          "select generate_series(1, $1::int)",
          "select 6 / $1::int from generate_series(1, 3)",
          "insert into f values ($1, $2) returning *",
          "update f set t = $2 where id = $1",
          "insert into f values (1, 'duplicate')",
          "select 1; select 2",
          "selec 1",
          "begin",
          "commit",
          "rollback",
          "savepoint s",
          "copy f from stdin",
          "copy f to stdout",
          "set application_name = 'prepared'",
          "do $$ begin raise notice 'in do'; end $$",
          "declare cur cursor for select generate_series(1, 10)",
          "fetch 2 from cur",
          "close p1",
          "deallocate all",
          "table f",
          "listen c",
          "notify c, 'from execute'",
          "vacuum f",
          "select $3::int",
          "call nowhere()");

  private static final List<Integer> TYPES = List.of(0, 16, 20, 23, 25, 705, 1700, 1, 999_999);

  /** Frequencies favour what gets far: statements that are bound and executed. */
  static Arbitrary<Conversation> conversations() {
    Arbitrary<List<FrontendMessage>> part =
        Arbitraries.frequencyOf(
            Tuple.of(6, messages(1).map(List::copyOf)),
            Tuple.of(6, pipeline()),
            Tuple.of(3, copyIn()),
            Tuple.of(1, violation().map(List::of)));
    return Combinators.combine(part.list().ofMinSize(1).ofMaxSize(8), Arbitraries.longs())
        .as(
            (parts, cuts) ->
                new Conversation(
                    withoutLeftovers(parts.stream().flatMap(List::stream).toList()), true, cuts));
  }

  /**
   * Leaves out each Execute of the unnamed portal that a Query may have left: in a transaction that
   * it failed, PostgreSQL keeps the portal but not the memory of its statements, looks at them, and
   * sometimes dies of it (15.20 and 18.6 do, by signal 11), sometimes does not.
   */
  private static List<FrontendMessage> withoutLeftovers(List<FrontendMessage> messages) {
    var safe = new ArrayList<FrontendMessage>();
    boolean bound = false;
    for (FrontendMessage message : messages) {
      if (message.text().startsWith("Bind(, ")) {
        // if it fails, what follows up to the Sync is skipped
        bound = true;
      } else if (message.text().startsWith("Query(") || message.text().equals("Sync")) {
        bound = false;
      }
      if (bound || !message.text().startsWith("Execute(, ")) {
        safe.add(message);
      }
    }
    return List.copyOf(safe);
  }

  /** A few right messages and then bytes that are none, as a client leaves that has gone mad. */
  static Arbitrary<Conversation> hostile() {
    Arbitrary<List<FrontendMessage>> state =
        Arbitraries.oneOf(
            Arbitraries.just(List.of()),
            Arbitraries.just(List.of(FrontendMessage.query("begin"))),
            Arbitraries.just(List.of(FrontendMessage.query("copy f from stdin"))),
            Arbitraries.just(
                List.of(
                    FrontendMessage.query("copy (select generate_series(1, 50000)) to stdout"))),
            Arbitraries.just(
                List.of(
                    FrontendMessage.parse("s1", "select generate_series(1, $1::int)", List.of()),
                    FrontendMessage.bind("p1", "s1", List.of(Value.text("9")), 0),
                    FrontendMessage.execute("p1", 3))),
            Arbitraries.just(
                List.of(
                    FrontendMessage.parse("", "copy f from stdin", List.of()),
                    FrontendMessage.bind("", "", List.of(), 0),
                    FrontendMessage.execute("", 0))),
            Arbitraries.just(
                List.of(
                    FrontendMessage.parse("", "select 1/0", List.of()), FrontendMessage.flush())));
    Arbitrary<List<FrontendMessage>> garbage =
        Arbitraries.oneOf(violation(), truncated(), randomBytes()).list().ofMinSize(1).ofMaxSize(3);
    return Combinators.combine(state, garbage, Arbitraries.longs())
        .as(
            (before, after, cuts) ->
                new Conversation(
                    Stream.concat(before.stream(), after.stream()).toList(), false, cuts));
  }

  /** The beginning of a conversation, whose client goes away at whatever byte. */
  static Arbitrary<Conversation> cutShort() {
    return Combinators.combine(
            conversations(), Arbitraries.doubles().between(0, 1), Arbitraries.longs())
        .as(Conversation::upTo);
  }

  private static Arbitrary<List<FrontendMessage>> messages(int least) {
    return Arbitraries.frequencyOf(
            Tuple.of(8, query()),
            Tuple.of(1, parse()),
            Tuple.of(1, bind()),
            Tuple.of(1, describe()),
            Tuple.of(2, execute()),
            Tuple.of(1, close()),
            Tuple.of(1, functionCall()),
            Tuple.of(1, Arbitraries.of(FrontendMessage.flush(), FrontendMessage.copyDone())),
            Tuple.of(3, Arbitraries.just(FrontendMessage.sync())))
        .list()
        .ofMinSize(least)
        .ofMaxSize(4);
  }

  /** Parse to Execute of one statement, its parts sometimes wrong, sometimes without the Sync. */
  private static Arbitrary<List<FrontendMessage>> pipeline() {
    Arbitrary<FrontendMessage> last =
        Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.just(FrontendMessage.sync())),
            Tuple.of(1, Arbitraries.just(FrontendMessage.flush())),
            Tuple.of(1, execute()));
    return Combinators.combine(parse(), bind(), describe(), execute(), execute(), last)
        .as(List::of);
  }

  private static Arbitrary<List<FrontendMessage>> copyIn() {
    Arbitrary<FrontendMessage> start =
        Arbitraries.of(
            FrontendMessage.query("copy f from stdin"),
            FrontendMessage.query("copy f from stdin (format csv)"),
            FrontendMessage.query("copy f from stdin (format binary); select 1"));
    Arbitrary<FrontendMessage> data =
        Arbitraries.oneOf(
            copyData(),
            copyData(),
            Arbitraries.of(FrontendMessage.flush(), FrontendMessage.sync()),
            query());
    Arbitrary<FrontendMessage> end =
        Arbitraries.of(
            FrontendMessage.copyDone(),
            FrontendMessage.copyFail("changed my mind"),
            FrontendMessage.sync());
    return Combinators.combine(start, data.list().ofMaxSize(4), end)
        .as(
            (first, middle, done) -> {
              var all = new ArrayList<FrontendMessage>();
              all.add(first);
              all.addAll(middle);
              all.add(done);
              return all;
            });
  }

  private static Arbitrary<FrontendMessage> copyData() {
    return Arbitraries.oneOf(
        Arbitraries.of(
                "10\tten\n",
                "11\televen\n12\ttw",
                "elve\n",
                "13,\"csv, really\"\n",
                "\\.\n",
                "x\ty\n",
                "14\n",
                "\\N\t\\N\n",
                "15\t\\x41\\t\\n\n16\tend",
                "",
                "1\tduplicate\n",
                "PGCOPY\n\u0000")
            .map(line -> FrontendMessage.copyData(line.getBytes(UTF_8))),
        // a whole file of PostgreSQL's binary format with the row (20, 'b')
        Arbitraries.just(
            FrontendMessage.copyData(
                ByteBuffer.allocate(36)
                    .put(new byte[] {'P', 'G', 'C', 'O', 'P', 'Y', '\n', -1, '\r', '\n', 0})
                    .putInt(0)
                    .putInt(0)
                    .putShort((short) 2)
                    .putInt(4)
                    .putInt(20)
                    .putInt(1)
                    .put((byte) 'b')
                    .putShort((short) -1)
                    .array())),
        Arbitraries.bytes().array(byte[].class).ofMaxSize(30).map(FrontendMessage::copyData));
  }

  private static Arbitrary<FrontendMessage> query() {
    return Arbitraries.of(QUERIES).map(FrontendMessage::query);
  }

  private static Arbitrary<FrontendMessage> parse() {
    return Combinators.combine(
            statementName(), Arbitraries.of(STATEMENTS), Arbitraries.of(TYPES).list().ofMaxSize(3))
        .as(FrontendMessage::parse);
  }

  private static Arbitrary<FrontendMessage> bind() {
    return Combinators.combine(
            portalName(),
            statementName(),
            value().list().ofMaxSize(3),
            Arbitraries.of(-1, 0, 0, 1, 7))
        .as(FrontendMessage::bind);
  }

  private static Arbitrary<FrontendMessage> describe() {
    return Arbitraries.oneOf(
        statementName().map(name -> FrontendMessage.describe('S', name)),
        portalName().map(name -> FrontendMessage.describe('P', name)));
  }

  private static Arbitrary<FrontendMessage> execute() {
    return Combinators.combine(portalName(), Arbitraries.of(0, 0, 1, 2, 1000, -1))
        .as(FrontendMessage::execute);
  }

  private static Arbitrary<FrontendMessage> close() {
    return Arbitraries.oneOf(
        statementName().map(name -> FrontendMessage.close('S', name)),
        portalName().map(name -> FrontendMessage.close('P', name)));
  }

  /** int4pl, text's upper, a function that does not exist, and one that fails. */
  private static Arbitrary<FrontendMessage> functionCall() {
    return Combinators.combine(
            Arbitraries.of(177, 871, 0, 154), value().list().ofMaxSize(3), Arbitraries.of(0, 1, 9))
        .as(FrontendMessage::functionCall);
  }

  private static Arbitrary<Value> value() {
    return Arbitraries.of(
        Value.text("1"),
        Value.text("3"),
        Value.text("0"),
        Value.text("text ü"),
        new Value(0, null),
        new Value(1, new byte[] {0, 0, 0, 2}),
        new Value(1, new byte[] {1}),
        new Value(0, new byte[] {(byte) 0xc3}),
        new Value(3, new byte[] {'1'}));
  }

  private static Arbitrary<String> statementName() {
    return Arbitraries.of("", "", "", "s1", "s1", "s2");
  }

  private static Arbitrary<String> portalName() {
    return Arbitraries.of("", "", "", "p1", "p1", "p2");
  }

  /** A message whose length is right and whose type or body is not. */
  private static Arbitrary<FrontendMessage> violation() {
    Arbitrary<Character> type = Arbitraries.of('Q', 'P', 'B', 'D', 'E', 'C', 'F', 'f', 'S', 'H');
    Arbitrary<Character> unknown = Arbitraries.of('p', 'y', 'Z', 'K', '\u0000', '\u00ff');
    Arbitrary<byte[]> body = Arbitraries.bytes().array(byte[].class).ofMaxSize(12);
    return Arbitraries.oneOf(
        Combinators.combine(type, body)
            .as((letter, bytes) -> FrontendMessage.raw(RawClient.message(letter, bytes))),
        Combinators.combine(unknown, body)
            .as((letter, bytes) -> FrontendMessage.raw(RawClient.message(letter, bytes))));
  }

  /** A message that says it is longer or shorter than it is. */
  private static Arbitrary<FrontendMessage> truncated() {
    return Combinators.combine(
            Arbitraries.of('Q', 'P', 'B', 'S', 'd', 'f', 'X'),
            Arbitraries.of(-1, 0, 1, 3, 5, 9, 10_004, 10_005, 100_000, 0x3fff_ffff, 0x7fff_ffff),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(20))
        .as(
            (type, length, bytes) ->
                FrontendMessage.raw(
                    ByteBuffer.allocate(5 + bytes.length)
                        .put((byte) (char) type)
                        .putInt(length)
                        .put(bytes)
                        .array()));
  }

  private static Arbitrary<FrontendMessage> randomBytes() {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofMinSize(1)
        .ofMaxSize(200)
        .map(FrontendMessage::raw);
  }

  private Conversations() {}
}

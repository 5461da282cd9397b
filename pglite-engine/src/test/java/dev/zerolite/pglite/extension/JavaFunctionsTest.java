package dev.zerolite.pglite.extension;

import static dev.zerolite.pglite.function.SqlType.BOOL;
import static dev.zerolite.pglite.function.SqlType.BYTEA;
import static dev.zerolite.pglite.function.SqlType.FLOAT8;
import static dev.zerolite.pglite.function.SqlType.INT4;
import static dev.zerolite.pglite.function.SqlType.INT8;
import static dev.zerolite.pglite.function.SqlType.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.function.Column;
import dev.zerolite.pglite.function.FunctionLibrary;
import dev.zerolite.pglite.function.SqlType;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.server.ServerError;
import dev.zerolite.pglite.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** SQL functions written in Java. */
@Timeout(120)
class JavaFunctionsTest {
  private static final FunctionLibrary LIBRARY =
      FunctionLibrary.named("app")
          .scalar(
              "reversed",
              TEXT,
              List.of(TEXT),
              a -> a.isNull(0) ? null : new StringBuilder(a.text(0)).reverse().toString())
          .scalar("same_bytes", BYTEA, List.of(BYTEA), a -> a.bytea(0))
          .scalar("plus4", INT4, List.of(INT4, INT4), a -> a.int4(0) + a.int4(1))
          .scalar("plus8", INT8, List.of(INT8), a -> a.isNull(0) ? null : a.int8(0) + 1)
          .scalar("half", FLOAT8, List.of(FLOAT8), a -> a.float8(0) / 2)
          .scalar("negated", BOOL, List.of(BOOL), a -> a.isNull(0) ? true : !a.bool(0))
          .scalar("nothing", INT4, List.of(), a -> 7)
          .scalar(
              "refuse",
              TEXT,
              List.of(TEXT),
              a -> {
                throw new ServerError("22023", "100% wrong: " + a.text(0), "a detail", "a hint");
              })
          .scalar(
              "buggy",
              TEXT,
              List.of(),
              a -> {
                throw new IllegalStateException("a bug");
              })
          .scalar("deep", INT4, List.of(INT4), a -> depth(a.int4(0)))
          .scalar("wrong_class", TEXT, List.of(), a -> 1)
          .scalar("zero_byte", TEXT, List.of(), a -> "a\0b")
          .set(
              "letters",
              List.of(new Column("letter", TEXT), new Column("place", INT4)),
              List.of(TEXT),
              (a, rows) -> {
                for (int i = 0; i < a.text(0).length(); i++) {
                  rows.add(a.text(0).substring(i, i + 1), i);
                }
              })
          .set(
              "numbers",
              List.of(new Column("n", INT8)),
              List.of(INT8),
              (a, rows) -> {
                for (long i = 0; i < a.int8(0); i++) {
                  rows.add(i);
                }
              })
          .set(
              "kinds",
              List.of(
                  new Column("a", BOOL),
                  new Column("b", BYTEA),
                  new Column("c", INT8),
                  new Column("d", INT4),
                  new Column("e", TEXT),
                  new Column("f", FLOAT8)),
              List.of(),
              (a, rows) -> {
                rows.add(true, new byte[] {1}, 2L, 3, "vier", 5.5);
                rows.add(null, null, null, null, null, null);
              })
          .set(
              "catches_all",
              List.of(new Column("n", INT8)),
              List.of(),
              (a, rows) -> {
                for (long i = 0; ; i++) {
                  try {
                    rows.add(i);
                  } catch (RuntimeException e) {
                    if (i % 1000 == 0) {
                      return;
                    }
                  }
                }
              })
          .set(
              "half_done",
              List.of(new Column("n", INT4)),
              List.of(),
              (a, rows) -> {
                rows.add(1);
                rows.add("two");
              });

  private static Cluster cluster;
  private static WireClient client;

  private static int depth(int n) {
    return n == 0 ? 0 : 1 + depth(n - 1) + 0 * depth(0);
  }

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory().withFunctions(LIBRARY));
    client = WireClient.open(cluster, "postgres", "java");
    for (String declaration : LIBRARY.declarations()) {
      client.rows(declaration);
    }
  }

  @AfterAll
  static void stopCluster() {
    client.close();
    cluster.close();
  }

  private static void assertFails(String sql, String error) throws Exception {
    assertThatThrownBy(() -> client.rows(sql)).hasMessageContaining(error);
    assertThat(client.value("SELECT 1")).isEqualTo("1");
  }

  @Test
  void takesAndGivesEveryType() throws Exception {
    assertThat(
            client.rows(
                """
                SELECT reversed('größe 😀'), same_bytes('\\x00ff10'), plus4(-1, 43),
                  plus8(9223372036854775806), half(-3), negated(false), nothing()"""))
        .hasToString("[[😀 eßörg, \\x00ff10, 42, 9223372036854775807, -1.5, t, 7]]");
  }

  @Test
  void takesAndGivesNulls() throws Exception {
    assertThat(client.rows("SELECT reversed(NULL), same_bytes(NULL), plus8(NULL), negated(NULL)"))
        .hasToString("[[null, null, null, t]]");
    assertFails("SELECT plus4(1, NULL)", "38000 plus4 failed: java.lang.NullPointerException");
    client.rows("ALTER FUNCTION plus4(int, int) STRICT IMMUTABLE");
    assertThat(client.rows("SELECT plus4(1, NULL)")).hasToString("[[null]]");
    client.rows("ALTER FUNCTION plus4(int, int) CALLED ON NULL INPUT VOLATILE");
  }

  @Test
  void takesLongAndCompressedValues() throws Exception {
    client.rows("CREATE TEMP TABLE big AS SELECT repeat('abc', 100000) AS t");
    client.rows(
        "INSERT INTO big SELECT string_agg(md5(i::text), '') FROM generate_series(1, 9000) i");
    assertThat(client.value("SELECT bool_and(reversed(t) = reverse(t)) FROM big")).isEqualTo("t");
    assertThat(client.value("SELECT sum(plus8(i)) FROM generate_series(1, 100000) i"))
        .isEqualTo("5000150000");
  }

  @Test
  void givesSets() throws Exception {
    assertThat(client.rows("SELECT * FROM letters('xyz') WHERE place > 0"))
        .hasToString("[[y, 1], [z, 2]]");
    assertThat(client.rows("SELECT letters('ab')")).hasToString("[[(a,0)], [(b,1)]]");
    assertThat(client.rows("SELECT numbers(3), i FROM generate_series(1, 2) i"))
        .hasToString("[[0, 1], [1, 1], [2, 1], [0, 2], [1, 2], [2, 2]]");
    assertThat(client.value("SELECT count(n) || ' ' || sum(n) FROM numbers(200000) n"))
        .isEqualTo("200000 19999900000");
    assertThat(client.rows("SELECT * FROM kinds()"))
        .hasToString("[[t, \\x01, 2, 3, vier, 5.5], [null, null, null, null, null, null]]");
    assertThat(client.rows("SELECT * FROM letters('')")).isEmpty();
  }

  @Test
  void reportsErrors() throws Exception {
    Script script = new Script("refuse", List.of("SELECT refuse('it')"));
    assertThat(script.run(client))
        .isEqualTo(
            """
            > SELECT refuse('it')
            ERROR 22023: 100% wrong: it
              D a detail
              H a hint""");
    assertFails("SELECT buggy()", "38000 buggy failed: java.lang.IllegalStateException: a bug");
    assertFails("SELECT wrong_class()", "38000 wrong_class returned a Integer where TEXT needs");
    assertFails("SELECT zero_byte()", "22021 invalid byte sequence for encoding \"UTF8\": 0x00");
    assertFails("SELECT * FROM half_done()", "38000 half_done returned a String where INT4 needs");
    assertFails("SELECT deep(1000000000)", "54001 deep failed: stack depth limit exceeded");
  }

  @Test
  void abortsOnlyTheStatement() throws Exception {
    client.rows("BEGIN");
    client.rows("CREATE TEMP TABLE kept (i int) ON COMMIT DROP");
    client.rows("SAVEPOINT s");
    assertThatThrownBy(() -> client.rows("INSERT INTO kept SELECT 1 WHERE buggy() = 'x'"))
        .hasMessageContaining("38000");
    client.rows("ROLLBACK TO s");
    client.rows(
        """
        DO $$ BEGIN
          PERFORM refuse('x');
        EXCEPTION WHEN invalid_parameter_value THEN
          INSERT INTO kept VALUES (2);
        END $$""");
    assertThat(client.rows("SELECT * FROM kept")).hasToString("[[2]]");
    client.rows("COMMIT");
  }

  @Test
  void canBeCancelled() throws Exception {
    try (WireClient endless = WireClient.open(cluster, "postgres", "endless")) {
      endless.rows("SET statement_timeout = '200ms'");
      assertThatThrownBy(() -> endless.rows("SELECT count(*) FROM catches_all()"))
          .hasMessageContaining("57014 canceling statement due to statement timeout");
      assertThat(endless.value("SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void refusesOtherDeclarations() throws Exception {
    client.rows(
        "CREATE FUNCTION mistaken(int) RETURNS text LANGUAGE C AS '$libdir/app', 'reversed'");
    assertFails("SELECT mistaken(1)", "42P13 function reversed is declared with other types");
    client.rows("CREATE FUNCTION mistaken() RETURNS text LANGUAGE C AS '$libdir/app', 'reversed'");
    assertFails("SELECT mistaken()", "42P13 function reversed is declared with other types");
    client.rows(
        "CREATE FUNCTION mistaken_set(text) RETURNS TABLE (a text) LANGUAGE C AS '$libdir/app', 'letters'");
    assertFails("SELECT mistaken_set('x')", "42P13 function letters is declared with other types");
    assertFails(
        "CREATE FUNCTION unknown() RETURNS text LANGUAGE C AS '$libdir/app', 'unknown'",
        "42883 could not find function \"unknown\" in file");
  }

  @Test
  void worksInEveryBackend() throws Exception {
    List<WireClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        clients.add(WireClient.open(cluster, "postgres", "backend " + i));
      }
      for (WireClient one : clients) {
        assertThat(one.value("SELECT reversed('abc')")).isEqualTo("cba");
      }
    } finally {
      clients.forEach(WireClient::close);
    }
  }

  @Test
  void checksNames() {
    assertThatThrownBy(() -> FunctionLibrary.named("no/name"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LIBRARY.scalar("nothing", SqlType.INT4, List.of(), a -> 1))
        .hasMessageContaining("has a function nothing already");
  }
}

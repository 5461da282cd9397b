package dev.zerolite.pglite.extension;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.NativeServer;
import dev.zerolite.pglite.testing.WireClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Calls every function of every extension that SQL can call, with NULLs and with simple values:
 * none may end a backend, and what is immutable must give the same as on a native server.
 */
@Timeout(300)
class FunctionsTest {
  /** The argument's type, and a literal for it; those of other types get NULLs only. */
  private static final Map<String, String> SAMPLES = new HashMap<>();

  static {
    String[] samples = {
      "smallint", "1",
      "integer", "2",
      "bigint", "3",
      "real", "1.5",
      "double precision", "2.5",
      "numeric", "3.5",
      "boolean", "t",
      "text", "abc",
      "name", "abc",
      "character varying", "abc",
      "\"char\"", "x",
      "bytea", "\\x616263",
      "uuid", "00000000-0000-0000-0000-000000000001",
      "oid", "1",
      "regclass", "sample",
      "regdictionary", "simple",
      "tid", "(0,1)",
      "tid[]", "{\"(0,1)\"}",
      "text[]", "{a,b}",
      "integer[]", "{3,1,2}",
      "real[]", "{1,2}",
      "double precision[]", "{1,2}",
      "numeric[]", "{1,2}",
      "json", "{}",
      "jsonb", "{}",
      "bit", "101",
      "pg_lsn", "0/1",
      "date", "2020-01-01",
      "time without time zone", "12:00",
      "time with time zone", "12:00+00",
      "timestamp without time zone", "2020-01-01",
      "timestamp with time zone", "2020-01-01 00:00+00",
      "interval", "1 day",
      "money", "1",
      "oid[]", "{1}",
      "point", "(1,2)",
      "citext", "ABC",
      "citext[]", "{a}",
      "cube", "(1,2)",
      "hstore", "a=>1",
      "ltree", "a.b",
      "ltree[]", "{a.b,a.c}",
      "lquery", "a.*",
      "lquery[]", "{a.*}",
      "ltxtquery", "a & b",
      "seg", "1 .. 2",
      "query_int", "1 & 2",
      "ean13", "9780393040029",
      "isbn13", "9780393040029",
      "isbn", "0393040029",
      "ismn13", "9790060115615",
      "ismn", "M060115615",
      "issn13", "9771436452008",
      "issn", "14364522",
      "upc", "220356483481",
      "lo", "1",
      "earth", "(0,0,0)",
      "vector", "[1,2,3]",
      "vector[]", "{\"[1,2]\"}",
      "halfvec", "[1,2,3]",
      "sparsevec", "{1:1}/3",
    };
    for (int i = 0; i < samples.length; i += 2) {
      SAMPLES.put(samples[i], samples[i + 1]);
    }
  }

  /** Those of an extension that take and give what SQL has; polymorphic ones are left out. */
  private static final String FUNCTIONS =
      """
      SELECT p.oid::regproc::text, p.provolatile,
        coalesce((SELECT string_agg(format_type(t, NULL), ';' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY a (t, n)), '')
      FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        JOIN pg_extension e ON e.oid = d.refobjid
      WHERE e.extname = '%s' AND p.prokind IN ('f', 'p')
        AND NOT EXISTS (SELECT 1 FROM unnest(p.proargtypes::oid[] || p.prorettype) x (t) JOIN pg_type y ON y.oid = x.t
          WHERE y.typtype = 'p' AND y.typname NOT IN ('void', 'record', 'cstring'))
      ORDER BY p.oid::regprocedure::text COLLATE "C\"""";

  private static NativeServer nativeServer;
  private static Cluster cluster;
  private static WireClient witness;

  @BeforeAll
  static void startServers() throws Exception {
    nativeServer = NativeServer.start(Map.of("jit", "off", "wal_level", "logical"));
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    witness = WireClient.open(cluster, "postgres", "witness");
    try (WireClient reference = WireClient.open(nativeServer, "postgres", "setup")) {
      for (WireClient client : List.of(reference, witness)) {
        client.rows("CREATE TABLE sample (id int, t text)");
        client.rows("INSERT INTO sample VALUES (1, 'x'), (2, 'y')");
      }
    }
  }

  @AfterAll
  static void stopServers() throws Exception {
    witness.close();
    cluster.close();
    nativeServer.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "amcheck",
        "bloom",
        "btree_gin",
        "btree_gist",
        "citext",
        "cube",
        "dict_int",
        "dict_xsyn",
        "earthdistance",
        "file_fdw",
        "fuzzystrmatch",
        "hstore",
        "intarray",
        "isn",
        "lo",
        "ltree",
        "pageinspect",
        "pg_buffercache",
        "pg_freespacemap",
        "pg_logicalinspect",
        "pg_stat_statements",
        "pg_surgery",
        "pg_trgm",
        "pg_visibility",
        "pg_walinspect",
        "pgcrypto",
        "seg",
        "tablefunc",
        "tsm_system_rows",
        "tsm_system_time",
        "unaccent",
        "uuid-ossp"
      })
  void sameAsNative(String extension) throws Exception {
    List<String> calls;
    try (WireClient reference = WireClient.open(nativeServer, "postgres", "functions")) {
      reference.rows("CREATE EXTENSION \"" + extension + "\" CASCADE");
      calls = calls(reference, extension);
      witness.rows("CREATE EXTENSION IF NOT EXISTS \"" + extension + "\" CASCADE");
      assertThat(answers(cluster, calls)).isEqualTo(answers(nativeServer, calls));
      reference.rows("DROP EXTENSION \"" + extension + "\" CASCADE");
      witness.rows("DROP EXTENSION \"" + extension + "\" CASCADE");
    }
    assertThat(witness.value("SELECT count(*) > 0 FROM sample")).isEqualTo("t");
  }

  @Test
  void vectorsEndNoBackend() throws Exception {
    witness.rows("CREATE EXTENSION vector");
    List<String> calls = calls(witness, "vector");
    assertThat(calls).hasSizeGreaterThan(150);
    assertThat(answers(cluster, calls)).doesNotContain("XX000").doesNotContain("58P01");
    assertThat(witness.value("SELECT count(*) > 0 FROM sample")).isEqualTo("t");
  }

  /** Statements; those whose rows may differ throw them away. */
  private static List<String> calls(WireClient client, String extension) throws Exception {
    List<String> calls = new ArrayList<>();
    for (List<String> function : client.rows(FUNCTIONS.formatted(extension))) {
      List<String> types =
          function.get(2).isEmpty() ? List.of() : List.of(function.get(2).split(";"));
      String form = function.get(1).equals("i") ? "SELECT %s(%s)" : "SELECT FROM (SELECT %s(%s)) x";
      List<String> nulls = types.stream().map(type -> "NULL::" + type).toList();
      calls.add(form.formatted(function.get(0), String.join(", ", nulls)));
      if (!types.isEmpty() && SAMPLES.keySet().containsAll(types)) {
        List<String> samples =
            types.stream().map(type -> "'" + SAMPLES.get(type) + "'::" + type).toList();
        calls.add(form.formatted(function.get(0), String.join(", ", samples)));
      }
    }
    return calls;
  }

  private static String answers(BackendStarter server, List<String> calls) throws Exception {
    return new Script("functions", calls).run(server, "postgres");
  }
}

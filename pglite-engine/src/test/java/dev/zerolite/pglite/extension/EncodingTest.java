package dev.zerolite.pglite.extension;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.NativeServer;
import dev.zerolite.pglite.testing.WireClient;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every conversion between encodings gives the same bytes and errors as on a native server. */
@Timeout(180)
class EncodingTest {
  private static final String CONVERTED =
      """
      CREATE FUNCTION converted(bytea, name, name) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
      BEGIN
        RETURN convert($1, $2, $3)::text;
      EXCEPTION WHEN OTHERS THEN
        RETURN SQLSTATE || SQLERRM;
      END $$""";

  /** Latin, Greek, Cyrillic, punctuation, kana, some ideographs and syllables, an emoji. */
  private static final String CHARACTERS =
      """
      SELECT convert_to(chr(c), 'UTF8')
      FROM (SELECT generate_series(1, 1327) UNION ALL SELECT generate_series(7680, 8500)
        UNION ALL SELECT generate_series(12288, 12543) UNION ALL SELECT generate_series(19968, 40000, 37)
        UNION ALL SELECT generate_series(44032, 55000, 101) UNION ALL SELECT generate_series(65281, 65439)
        UNION ALL SELECT 128512) t (c)""";

  /** All single bytes, and a sample of two to four bytes, valid or not. */
  private static final String BYTES =
      """
      SELECT set_byte('\\x00', 0, i) FROM generate_series(0, 255) i
      UNION ALL SELECT set_byte(set_byte('\\x0000', 0, 128 + i % 128), 1, 32 + i * 7 % 224) FROM generate_series(0, 1500) i
      UNION ALL SELECT set_byte(set_byte('\\x8fa1a1', 1, 161 + i % 94), 2, 161 + i * 5 % 94) FROM generate_series(0, 300) i
      UNION ALL SELECT set_byte(set_byte(set_byte('\\x8ea1a1a1', 1, 161 + i % 9), 2, 161 + i % 94), 3, 161 + i * 7 % 94) FROM generate_series(0, 300) i
      UNION ALL SELECT '\\x8130813081308130' UNION ALL SELECT '\\x82a9f582ca82'""";

  /** What of the inputs the native server converts, in one piece; and some that it refuses. */
  private static final String SORTED =
      """
      WITH input (b) AS (%1$s), answer AS (SELECT b, converted(b, '%2$s', '%3$s') AS a FROM input)
      SELECT (SELECT string_agg(b, '' ORDER BY b) FROM answer WHERE a LIKE '\\\\x%%'), ARRAY(
        SELECT b FROM (SELECT b, row_number() OVER (ORDER BY b) AS n FROM answer WHERE a NOT LIKE '\\\\x%%') r
        WHERE n %% 29 = 1 ORDER BY b)""";

  private static NativeServer nativeServer;
  private static Cluster cluster;
  private static WireClient expected;
  private static WireClient ours;

  @BeforeAll
  static void startServers() throws Exception {
    nativeServer = NativeServer.start(Map.of("jit", "off"));
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    expected = WireClient.open(nativeServer, "postgres", "encodings");
    ours = WireClient.open(cluster, "postgres", "encodings");
    expected.rows(CONVERTED);
    ours.rows(CONVERTED);
  }

  @AfterAll
  static void stopServers() throws Exception {
    expected.close();
    ours.close();
    cluster.close();
    nativeServer.close();
  }

  private static void assertSame(String sql) throws Exception {
    assertThat(ours.rows(sql)).as(sql).isEqualTo(expected.rows(sql));
  }

  static Stream<String> conversions() throws Exception {
    return expected
        .rows(
            """
            SELECT pg_encoding_to_char(conforencoding) || ' ' || pg_encoding_to_char(contoencoding)
            FROM pg_conversion ORDER BY 1""")
        .stream()
        .map(row -> row.get(0));
  }

  @ParameterizedTest
  @MethodSource("conversions")
  void convertsAsNative(String pair) throws Exception {
    String from = pair.split(" ")[0];
    String to = pair.split(" ")[1];
    String input = from.equals("UTF8") ? CHARACTERS : BYTES;
    List<String> sorted = expected.rows(SORTED.formatted(input, from, to)).get(0);
    assertThat(sorted.get(0)).as("what can be converted").hasSizeGreaterThan(200);
    assertSame("SELECT convert('%s', '%s', '%s')".formatted(sorted.get(0), from, to));
    assertSame(
        "SELECT b, converted(b, '%s', '%s') FROM unnest('%s'::bytea[]) b"
            .formatted(from, to, sorted.get(1)));
  }

  @Test
  void hasTheSameConversions() throws Exception {
    assertSame(
        "SELECT conname, conforencoding, contoencoding, condefault FROM pg_conversion ORDER BY 1");
  }

  @Test
  void talksToClientsOfOtherEncodings() throws Exception {
    Script script = Script.ofResource("encodings.sql");
    assertThat(script.run(cluster, "postgres")).isEqualTo(script.run(nativeServer, "postgres"));
  }

  @Test
  void beginsSessionsInOtherEncodings() throws Exception {
    for (String encoding : List.of("LATIN1", "WIN1252", "EUC_JP", "SJIS", "SQL_ASCII")) {
      Map<String, String> startup =
          Map.of("user", "postgres", "database", "postgres", "client_encoding", encoding);
      try (WireClient native0 = WireClient.open(nativeServer, startup);
          WireClient here = WireClient.open(cluster, startup)) {
        for (String sql : List.of("SHOW client_encoding", "SELECT U&'\\00e9', U&'\\3042'")) {
          Script script = new Script(encoding, List.of(sql));
          assertThat(script.run(here)).isEqualTo(script.run(native0));
        }
      }
    }
  }

  @Test
  void keepsDatabasesInOtherEncodings() throws Exception {
    String create = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0";
    assertThat(new Script("create", List.of(create)).run(ours))
        .isEqualTo(new Script("create", List.of(create)).run(expected));
    Script script = Script.ofResource("latin1-database.sql");
    assertThat(script.run(cluster, "latin")).isEqualTo(script.run(nativeServer, "latin"));
  }
}

package dev.zerolite.pglite.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** pgvector; the native server does not have it, so exact search is the reference for indexes. */
@Timeout(120)
class PgvectorTest {
  private static final String NEAREST =
      """
      SELECT string_agg(id::text, ' ') FROM
        (SELECT id FROM items ORDER BY embedding <-> (SELECT embedding FROM items WHERE id = 77)
         LIMIT 5) nearest""";

  private static Cluster cluster;
  private static WireClient client;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    client = WireClient.open(cluster, "postgres", "vectors");
    client.rows("CREATE EXTENSION vector");
    client.rows("CREATE TABLE items (id int PRIMARY KEY, embedding vector(8))");
    client.rows(
        """
        INSERT INTO items SELECT i, ARRAY(SELECT sin(i * j) + cos(i + j) FROM generate_series(1, 8) j)::vector
        FROM generate_series(1, 600) i""");
  }

  @AfterAll
  static void stopCluster() {
    client.close();
    cluster.close();
  }

  @Test
  void calculates() throws Exception {
    assertThat(
            client.rows(
                """
                SELECT '[1,2,3]'::vector <-> '[4,6,3]', '[1,2,3]'::vector <#> '[1,1,1]',
                  '[1,0]'::vector <=> '[0,1]', '[1,2]'::vector <+> '[3,5]', '[1,2]'::vector + '[3,4]',
                  vector_dims('[1,2,3]'::vector), vector_norm('[3,4]'), l2_normalize('[3,4]'::vector),
                  '[1,2,3]'::halfvec <-> '[1,2,5]', '{1:1,3:2}/5'::sparsevec <-> '{1:1}/5',
                  '101'::bit(3) <~> '010', subvector('[1,2,3,4]'::vector, 2, 2)"""))
        .hasToString("[[5, -6, 1, 5, [4,6], 3, 5, [0.6,0.8], 2, 2, 3, [2,3]]]");
    assertThat(client.value("SELECT avg(v) FROM (VALUES ('[1,2]'::vector), ('[3,4]')) t (v)"))
        .isEqualTo("[2,3]");
  }

  @Test
  void refusesWhatIsWrong() {
    assertThatThrownBy(() -> client.rows("SELECT '[1,2'::vector"))
        .hasMessageContaining("22P02 invalid input syntax for type vector");
    assertThatThrownBy(() -> client.rows("INSERT INTO items VALUES (0, '[1]')"))
        .hasMessageContaining("22000 expected 8 dimensions, not 1");
    assertThatThrownBy(() -> client.rows("SELECT '[1]'::vector <-> '[1,2]'"))
        .hasMessageContaining("22000 different vector dimensions 1 and 2");
  }

  @Test
  void findsByHnswWhatExactSearchFinds() throws Exception {
    findsByIndexWhatExactSearchFinds("hnsw (embedding vector_l2_ops)", "hnsw.ef_search");
  }

  @Test
  void findsByIvfflatWhatExactSearchFinds() throws Exception {
    findsByIndexWhatExactSearchFinds(
        "ivfflat (embedding vector_l2_ops) WITH (lists = 5)", "ivfflat.probes");
  }

  private void findsByIndexWhatExactSearchFinds(String index, String effort) throws Exception {
    String exact = client.value(NEAREST);
    client.rows("CREATE INDEX nearest ON items USING " + index);
    try (WireClient other = WireClient.open(cluster, "postgres", "another backend")) {
      other.rows("SET enable_seqscan = off");
      other.rows("SET enable_sort = off");
      other.value("SELECT '[1]'::vector"); // loads the library, which defines the settings
      other.rows("SET " + effort + " = 200");
      assertThat(other.rows("EXPLAIN (COSTS OFF) " + NEAREST).toString())
          .contains("Index Scan using nearest");
      assertThat(other.value(NEAREST)).isEqualTo(exact);
      other.rows("INSERT INTO items SELECT 1000, embedding FROM items WHERE id = 77");
      assertThat(other.value(NEAREST)).contains("77").contains("1000");
      other.rows("DELETE FROM items WHERE id = 1000");
      other.rows("VACUUM items");
      assertThat(other.value(NEAREST)).isEqualTo(exact);
    } finally {
      client.rows("DROP INDEX nearest");
    }
  }
}

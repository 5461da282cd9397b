package dev.zerolite.pglite.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Libraries at the start of a cluster, in many backends and databases, and those that fail. */
@Timeout(120)
class LoadingTest {
  private static Cluster start(String libraries) throws Exception {
    return Cluster.start(
        Engine.load(),
        ClusterOptions.inMemory().withSetting("shared_preload_libraries", libraries));
  }

  @Test
  void countsStatementsOfAllBackends() throws Exception {
    try (Cluster cluster = start("pg_stat_statements");
        WireClient a = WireClient.open(cluster, "postgres", "a");
        WireClient b = WireClient.open(cluster, "postgres", "b")) {
      a.rows("CREATE EXTENSION pg_stat_statements");
      for (int i = 0; i < 3; i++) {
        a.rows("SELECT 'counted', " + i);
        b.rows("SELECT 'counted', " + i);
      }
      String counted = "SELECT query, calls, rows FROM pg_stat_statements WHERE query LIKE '%, $2'";
      assertThat(a.rows(counted)).hasToString("[[SELECT $1, $2, 6, 6]]");
      assertThat(b.rows(counted)).hasToString("[[SELECT $1, $2, 6, 6]]");
      b.rows("SELECT pg_stat_statements_reset()");
      assertThat(a.rows(counted)).isEmpty();
    }
  }

  @Test
  void needsToBePreloadedToCount() throws Exception {
    try (Cluster cluster = start("");
        WireClient client = WireClient.open(cluster, "postgres", "a")) {
      client.rows("CREATE EXTENSION pg_stat_statements");
      assertThatThrownBy(() -> client.rows("SELECT * FROM pg_stat_statements"))
          .hasMessageContaining(
              "55000 pg_stat_statements must be loaded via \"shared_preload_libraries\"");
    }
  }

  @Test
  void worksInEveryDatabaseAndBackend() throws Exception {
    List<WireClient> clients = new ArrayList<>();
    try (Cluster cluster = start("");
        WireClient first = WireClient.open(cluster, "postgres", "first")) {
      first.rows("CREATE DATABASE other");
      for (String database : List.of("postgres", "other")) {
        WireClient creator = WireClient.open(cluster, database, "creator");
        clients.add(creator);
        creator.rows("CREATE EXTENSION hstore");
        creator.rows("CREATE EXTENSION pg_trgm");
        clients.add(WireClient.open(cluster, database, "one"));
        clients.add(WireClient.open(cluster, database, "another"));
      }
      for (WireClient client : clients) {
        assertThat(client.value("SELECT ('a=>1'::hstore -> 'a') || similarity('a', 'a')"))
            .isEqualTo("11");
      }
    } finally {
      clients.forEach(WireClient::close);
    }
  }

  @Test
  void namesWhatIsMissing() throws Exception {
    try (Cluster cluster = start("");
        WireClient client = WireClient.open(cluster, "postgres", "a")) {
      assertThatThrownBy(() -> client.rows("CREATE EXTENSION postgis"))
          .hasMessageContaining("0A000 extension \"postgis\" is not available");
      client.rows(
          """
          CREATE FUNCTION hint() RETURNS text LANGUAGE plpgsql AS $$
          DECLARE given text;
          BEGIN
            CREATE EXTENSION postgis;
          EXCEPTION WHEN feature_not_supported THEN
            GET STACKED DIAGNOSTICS given = PG_EXCEPTION_HINT;
            RETURN given;
          END $$""");
      assertThat(client.value("SELECT hint()"))
          .isEqualTo("Only the extensions listed in pg_available_extensions can be created here.");
      assertThatThrownBy(() -> client.rows("LOAD 'nonsense'"))
          .hasMessageContaining("58P01 could not access file \"nonsense\"");
      assertThatThrownBy(
              () ->
                  client.rows(
                      "CREATE FUNCTION f() RETURNS int LANGUAGE C AS '$libdir/hstore', 'nonsense'"))
          .hasMessageContaining("42883 could not find function \"nonsense\" in file");
      // a client of other servers: its library needs sockets
      assertThatThrownBy(() -> client.rows("LOAD 'libpqwalreceiver'"))
          .hasMessageContaining("58P01 could not load library")
          .hasMessageContaining("undefined symbol: ")
          .hasMessageContaining("cannot subscribe");
      assertThat(client.value("SELECT 1")).isEqualTo("1");
    }
  }
}

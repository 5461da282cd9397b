package dev.zerolite.pglite.extension;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.NativeServer;
import dev.zerolite.pglite.testing.WireClient;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every extension that PGlite brings says the same as on a native server, each in a session of its
 * own: {@code src/test/resources/extensions/NAME.sql}.
 */
@Timeout(180)
class ContribTest {
  private static final String DATABASE = "extended";

  private static NativeServer nativeServer;
  private static Cluster cluster;

  @BeforeAll
  static void startServers() throws Exception {
    nativeServer =
        NativeServer.start(
            Map.of(
                "autovacuum", "off",
                "synchronous_commit", "on",
                "wal_level", "logical",
                "max_parallel_workers_per_gather", "0"));
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    try (WireClient native0 = WireClient.open(nativeServer, "postgres", "setup");
        WireClient ours = WireClient.open(cluster, "postgres", "setup")) {
      native0.rows("CREATE DATABASE " + DATABASE);
      ours.rows("CREATE DATABASE " + DATABASE);
    }
  }

  @AfterAll
  static void stopServers() throws Exception {
    cluster.close();
    nativeServer.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "amcheck",
        "auto_explain",
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
        "passwordcheck",
        "pg_buffercache",
        "pg_freespacemap",
        "pg_logicalinspect",
        "pg_overexplain",
        "pg_surgery",
        "pg_trgm",
        "pg_visibility",
        "pg_walinspect",
        "pgcrypto",
        "seg",
        "spi",
        "tablefunc",
        "tcn",
        "tsm_system_rows",
        "tsm_system_time",
        "unaccent",
        "uuid-ossp"
      })
  void sameAsNative(String extension) throws Exception {
    Script script = Script.ofResource("extensions/" + extension + ".sql");
    assertThat(script.run(cluster, DATABASE)).isEqualTo(script.run(nativeServer, DATABASE));
  }
}

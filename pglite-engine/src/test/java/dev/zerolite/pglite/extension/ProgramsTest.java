package dev.zerolite.pglite.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SQL reaches neither programs nor files of the machine. */
@Timeout(120)
class ProgramsTest {
  private static Cluster cluster;
  private static WireClient client;

  @TempDir Path directory;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    client = WireClient.open(cluster, "postgres", "programs");
    client.rows("CREATE TABLE t AS SELECT 1 AS i");
  }

  @AfterAll
  static void stopCluster() {
    client.close();
    cluster.close();
  }

  @Test
  void runsNoPrograms() throws Exception {
    client.rows("CREATE EXTENSION file_fdw");
    client.rows("CREATE SERVER programs FOREIGN DATA WRAPPER file_fdw");
    client.rows("CREATE FOREIGN TABLE listing (line text) SERVER programs OPTIONS (program 'ls')");
    for (String statement :
        List.of(
            "COPY t TO PROGRAM 'ls'",
            "COPY (SELECT 1) TO PROGRAM 'ls'",
            "COPY t FROM PROGRAM 'ls'",
            "SELECT * FROM listing")) {
      WireClient.Report report =
          client.run(statement, Duration.ofSeconds(60)).stream()
              .filter(WireClient.Message.Failure.class::isInstance)
              .map(message -> ((WireClient.Message.Failure) message).report())
              .findFirst()
              .orElseThrow();
      assertThat(report.sqlState()).isEqualTo("42501");
      assertThat(report.message())
          .isEqualTo("could not execute command \"ls\": Operation not permitted");
      assertThat(report.fields().get('H')).contains("COPY ... FROM STDIN or TO STDOUT");
    }
    assertThat(client.value("SELECT i FROM t")).isEqualTo("1");
  }

  @Test
  void seesNoFilesOfTheMachine() throws Exception {
    Path file = Files.writeString(directory.resolve("real"), "secret");
    assertThatThrownBy(() -> client.rows("SELECT pg_read_file('" + file + "')"))
        .hasMessageContaining("58P01 could not open file");
    assertThatThrownBy(() -> client.rows("SELECT lo_import('" + file + "')"))
        .hasMessageContaining("58P01 could not open server file");
    assertThatThrownBy(() -> client.rows("COPY t FROM '" + file + "'"))
        .hasMessageContaining("58P01 could not open file");
    assertThatThrownBy(() -> client.rows("SELECT pg_ls_dir('" + directory + "')"))
        .hasMessageContaining("58P01 could not open directory");
    assertThatThrownBy(() -> client.rows("SELECT pg_read_file('../../../../../.." + file + "')"))
        .hasMessageContaining("58P01 could not open file");
  }

  @Test
  void writesNoFilesOfTheMachine() throws Exception {
    Path parent = directory.resolve("zerolite-written");
    client.rows("COPY t TO '/tmp/zerolite-written'");
    client.rows("SELECT lo_from_bytea(4711, 'x')");
    client.rows("SELECT lo_export(4711, '/tmp/zerolite-exported')");
    assertThat(Path.of("/tmp/zerolite-written")).doesNotExist();
    assertThat(Path.of("/tmp/zerolite-exported")).doesNotExist();
    assertThatThrownBy(() -> client.rows("COPY t TO '" + parent + "'"))
        .hasMessageContaining("58P01 could not open file");
    assertThat(parent).doesNotExist();
    assertThat(client.value("SELECT pg_read_file('/tmp/zerolite-written')")).isEqualTo("1\n");
  }
}

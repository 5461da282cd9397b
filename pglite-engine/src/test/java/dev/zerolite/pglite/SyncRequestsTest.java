package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint, whoever makes it, does what every backend has asked for. */
@Timeout(120)
class SyncRequestsTest {
  @TempDir Path directory;

  @Test
  void aCheckpointServesAllBackends() throws Exception {
    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.onDisk(directory));
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession a = sessions.open();
      TestSession b = sessions.open();
      a.run("CREATE TABLE t AS SELECT i, repeat('x', 500) FROM generate_series(1, 50000) i");
      assertThat(a.run("VACUUM t")).isEmpty(); // makes the free space map
      Path file = directory.resolve(a.run("SELECT pg_relation_filepath('t')"));
      Path freeSpaceMap = Path.of(file + "_fsm");
      assertThat(freeSpaceMap).exists();

      // A native standalone backend would panic: a has written files that are not there any more.
      b.run("DROP TABLE t");
      assertThat(freeSpaceMap).doesNotExist();
      assertThat(file).isEmptyFile();
      b.close();
      assertThat(b.backend().awaitEnd(Duration.ofSeconds(20))).isTrue();
      assertThat(a.run("CHECKPOINT")).isEmpty();
      assertThat(file).doesNotExist();

      a.run("CREATE DATABASE d");
      String oid = a.run("SELECT oid FROM pg_database WHERE datname = 'd'");
      TestSession d = sessions.open("database", "d");
      d.run("CREATE TABLE t AS SELECT 1 AS one; DROP TABLE t");
      d.close();
      assertThat(d.backend().awaitEnd(Duration.ofSeconds(20))).isTrue();
      assertThat(a.run("DROP DATABASE d")).isEmpty();
      assertThat(directory.resolve("base").resolve(oid)).doesNotExist();
      assertThat(a.run("CHECKPOINT")).isEmpty();
      assertThat(Files.isDirectory(directory.resolve("base"))).isTrue();
    }
  }
}

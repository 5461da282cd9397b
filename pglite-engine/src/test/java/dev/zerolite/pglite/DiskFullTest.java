package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A full device is an error of the statement that wants more of it. */
@Timeout(120)
class DiskFullTest {
  /** What is kept for the WAL, and room for a table of 15 MB. */
  private static final long ROOM = (32L + 15) << 20;

  @TempDir Path directory;

  @Test
  void aClusterThatDoesNotFitSaysWhere() {
    ClusterOptions options = ClusterOptions.onDisk(directory).withDatabases(List.of("another"));
    Cluster.Disk full = new Cluster.Disk(path -> () -> 0, Duration.ofMinutes(1));
    assertThatThrownBy(() -> Cluster.start(Engine.load(), options, full))
        .isInstanceOf(BackendStartException.class)
        .hasMessageContaining("No space is left for " + directory)
        .hasMessageContaining("Free some");
  }

  @Test
  void aTableThatDoesNotFitIsRefusedAndNothingElse() throws Exception {
    Cluster.start(Engine.load(), ClusterOptions.onDisk(directory)).close();
    long limit = sizeOfTables() + ROOM;
    Cluster.Disk small =
        new Cluster.Disk(path -> () -> limit - sizeOfTables(), Duration.ofSeconds(10));

    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.onDisk(directory), small);
        TestSessions sessions = new TestSessions(cluster)) {
      TestSession sql = sessions.open();
      TestSession other = sessions.open();
      sql.run("CREATE TABLE small AS SELECT 1 AS one");
      sql.run("CREATE TABLE big (v text)");
      String insert = "INSERT INTO big SELECT repeat('x', 1000) FROM generate_series(1, %d)";
      assertThat(sql.run(insert.formatted(5000))).isEmpty();
      assertThat(sql.run(insert.formatted(50_000))).startsWith("!53100 could not extend file");
      assertThat(sql.run("SELECT count(*) FROM big")).isEqualTo("5000");
      assertThat(sql.run("CHECKPOINT")).isEmpty();
      assertThat(other.run("INSERT INTO small VALUES (2) RETURNING one")).isEqualTo("2");

      assertThat(sql.run("VACUUM big")).isEmpty();
      assertThat(sql.run("TRUNCATE big")).isEmpty();
      assertThat(sql.run(insert.formatted(5000))).isEmpty();
      assertThat(cluster.failure()).isNotDone();
    }
    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.onDisk(directory));
        TestSessions sessions = new TestSessions(cluster)) {
      assertThat(sessions.open().run("SELECT count(*), (SELECT sum(one) FROM small) FROM big"))
          .isEqualTo("5000|3");
    }
  }

  private long sizeOfTables() {
    try (Stream<Path> files = Files.walk(directory.resolve("base"))) {
      return files.mapToLong(DiskFullTest::size).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (NoSuchFileException e) {
      return 0; // dropped meanwhile
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

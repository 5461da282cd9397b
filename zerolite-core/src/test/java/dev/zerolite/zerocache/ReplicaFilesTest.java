package dev.zerolite.zerocache;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaFilesTest {
  @TempDir Path directory;

  @Test
  void journalsWithoutTheirDatabaseGo() throws Exception {
    Files.writeString(directory.resolve("replica.db-wal"), "stale");
    Files.writeString(directory.resolve("replica.db-shm"), "stale");
    Files.writeString(directory.resolve("other.db-wal"), "not ours");

    new ReplicaFiles(directory.resolve("replica.db")).removeStaleJournals();

    assertThat(directory.toFile().list()).containsExactly("other.db-wal");
  }

  @Test
  void journalsBesideTheirDatabaseStay() throws Exception {
    Files.writeString(directory.resolve("replica.db"), "");
    Files.writeString(directory.resolve("replica.db-wal"), "");

    new ReplicaFiles(directory.resolve("replica.db")).removeStaleJournals();

    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("replica.db", "replica.db-wal");
  }

  @Test
  void deletesAllOfAReplica() throws Exception {
    Files.writeString(directory.resolve("replica.db"), "");
    Files.writeString(directory.resolve("replica.db-wal2"), "");

    new ReplicaFiles(directory.resolve("replica.db")).delete();

    assertThat(directory.toFile().list()).isEmpty();
  }
}

package dev.zerolite.zerocache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** zero-cache's SQLite replica, with the files that SQLite and zero-cache put beside it. */
public final class ReplicaFiles {
  private final Path file;

  public ReplicaFiles(Path file) {
    this.file = file;
  }

  /**
   * A journal without its database (or beside a new one) makes SQLite refuse the file; it is left
   * when someone deletes only the replica.
   */
  void removeStaleJournals() throws IOException {
    if (!Files.exists(file)) {
      delete();
    }
  }

  /** zero-cache makes a new replica at its next start. */
  public void delete() throws IOException {
    for (var path : all()) {
      Files.deleteIfExists(path);
    }
  }

  /** Those that are there. */
  public List<Path> all() throws IOException {
    var directory = file.getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      return List.of();
    }
    // zero.db, zero.db-wal, zero.db-shm, zero.db-wal2, zero.db-serving-copy …
    var prefix = file.getFileName() + "-";
    try (var files = Files.list(directory)) {
      return files
          .filter(path -> path.equals(file) || path.getFileName().toString().startsWith(prefix))
          .toList();
    }
  }
}

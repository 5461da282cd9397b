package dev.zerolite.pglite.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;

/**
 * Results by the hash of everything that they depend on. An entry appears complete or not at all:
 * it is made in a temporary directory that is renamed at the end. Of several processes that want
 * the same entry, one makes it and the others wait.
 */
final class EngineCache {
  private static final Duration LONGEST_BUILD = Duration.ofMinutes(15);
  private static final Duration POLL = Duration.ofMillis(200);

  private final Path root;
  private final Progress progress;

  EngineCache(Path root, Progress progress) {
    this.root = root;
    this.progress = progress;
  }

  /** Fills a new, empty directory. */
  interface Maker {
    void make(Path directory) throws IOException;
  }

  /** The directory for a key, made now if there is none yet. */
  Path entry(String key, Maker maker) {
    Path entry = root.resolve(key);
    if (Files.isDirectory(entry)) {
      return entry;
    }
    try {
      Files.createDirectories(root);
      try (FileChannel file =
              FileChannel.open(
                  root.resolve(key + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = lock(file)) {
        if (lock.isValid() && !Files.isDirectory(entry)) {
          make(entry, maker);
        }
      }
      return entry;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write to the build cache " + root + ": " + e.getMessage(), e);
    }
  }

  private FileLock lock(FileChannel file) throws IOException {
    Instant deadline = Instant.now().plus(LONGEST_BUILD);
    boolean told = false;
    while (true) {
      FileLock lock = file.tryLock();
      if (lock != null) {
        return lock;
      }
      if (Instant.now().isAfter(deadline)) {
        throw new BuildException(
            "another build has been making the same engine for "
                + LONGEST_BUILD.toMinutes()
                + " minutes; end it and build again");
      }
      if (!told) {
        progress.say("another build is making the same engine; waiting for it");
        told = true;
      }
      try {
        Thread.sleep(POLL.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BuildException("interrupted while waiting for another build", e);
      }
    }
  }

  private void make(Path entry, Maker maker) throws IOException {
    Path temporary = Files.createTempDirectory(root, "making-");
    try {
      maker.make(temporary);
      Files.move(temporary, entry, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(temporary);
    }
  }

  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(visited)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}

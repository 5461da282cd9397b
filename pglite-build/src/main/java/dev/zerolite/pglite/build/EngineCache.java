package dev.zerolite.pglite.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Results by the hash of everything that they depend on. An entry appears complete or not at all:
 * it is made in a temporary directory that is renamed at the end. Of several processes that want
 * the same entry, one makes it and the others wait.
 *
 * <p>A directory's time is when it was used last. Who uses entries holds {@link #USERS} together
 * with all others that do; who removes some holds it alone, so never while anyone builds.
 */
final class EngineCache {
  private static final Duration LONGEST_BUILD = Duration.ofMinutes(15);
  private static final Duration POLL = Duration.ofMillis(200);

  /** The lock file of all that use the cache. */
  private static final String USERS = "users.lock";

  private static final String LOCK = ".lock";
  private static final String MAKING = "making-";

  /** How many entries are kept: a build uses four, most of which the next one uses, too. */
  static final int KEPT = 24;

  /** What was used more recently is kept, however many there are. */
  static final Duration RECENT = Duration.ofHours(1);

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

  /** What makes or reads entries. */
  interface Work {
    void run() throws IOException;
  }

  /** Does something with entries; nobody removes any meanwhile. */
  void use(Work work) throws IOException {
    Files.createDirectories(root);
    try (FileChannel channel = openLock(USERS)) {
      // shared; whoever removes entries is done in a moment
      channel.lock(0, Long.MAX_VALUE, true);
      work.run();
    }
  }

  private FileChannel openLock(String name) throws IOException {
    return FileChannel.open(
        root.resolve(name),
        StandardOpenOption.CREATE,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE);
  }

  /** Remembers that an entry, if there is one, was used now. */
  void touch(String key) throws IOException {
    Path entry = root.resolve(key);
    if (Files.isDirectory(entry)) {
      Files.setLastModifiedTime(entry, FileTime.from(Instant.now()));
    }
  }

  /**
   * Removes all but the {@link #KEPT} entries used last and those used recently; nothing while
   * anybody uses the cache.
   */
  void prune() throws IOException {
    try (FileChannel channel = openLock(USERS);
        FileLock alone = tryLock(channel)) {
      if (alone != null) {
        for (Path entry : unused()) {
          delete(entry);
          Files.deleteIfExists(entry.resolveSibling(entry.getFileName() + LOCK));
        }
      }
    }
  }

  /** Null if somebody else has it, in whatever process. */
  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private List<Path> unused() throws IOException {
    List<Path> directories;
    try (Stream<Path> entries = Files.list(root)) {
      directories = new ArrayList<>(entries.filter(Files::isDirectory).toList());
    }
    // what builds that were killed have left
    List<Path> unused =
        new ArrayList<>(
            directories.stream()
                .filter(d -> d.getFileName().toString().startsWith(MAKING))
                .toList());
    directories.removeAll(unused);
    directories.sort(Comparator.comparing(EngineCache::lastUse).reversed());
    Instant recent = Instant.now().minus(RECENT);
    directories.stream().skip(KEPT).filter(d -> lastUse(d).isBefore(recent)).forEach(unused::add);
    return unused;
  }

  private static Instant lastUse(Path entry) {
    try {
      return Files.getLastModifiedTime(entry).toInstant();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The directory for a key, made now if there is none yet. */
  Path entry(String key, Maker maker) {
    Path entry = root.resolve(key);
    try {
      if (Files.isDirectory(entry)) {
        touch(key);
        return entry;
      }
      try (FileChannel file =
              FileChannel.open(
                  root.resolve(key + LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
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
    Path temporary = Files.createTempDirectory(root, MAKING);
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

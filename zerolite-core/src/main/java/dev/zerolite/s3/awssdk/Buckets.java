package dev.zerolite.s3.awssdk;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** The buckets: each a directory of its name, whose access is written down elsewhere. */
final class Buckets {
  // No bucket's name begins with a dot.
  private static final String RECORDS = ".records";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final Path records;
  private final Incoming incoming;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  Buckets(Path root, Incoming incoming) throws IOException {
    this.root = root;
    this.records = Files.createDirectories(root.resolve(RECORDS));
    this.incoming = incoming;
  }

  /** Who may do what without signing. */
  enum Access {
    PRIVATE,
    PUBLIC_READ,
    PUBLIC_READ_WRITE
  }

  private record BucketRecord(Access access) {}

  Optional<ObjectFiles> get(String name) {
    var directory = directory(name);
    return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(new ObjectFiles(directory, records.resolve(name), incoming, lock))
        : Optional.empty();
  }

  /** S3Proxy has checked the name already; nothing here depends on that. */
  private Path directory(String name) {
    var directory = root.resolve(name);
    if (name.isEmpty() || name.startsWith(".") || !root.equals(directory.normalize().getParent())) {
      throw new IllegalArgumentException("not a bucket's name: " + name);
    }
    return directory;
  }

  TreeMap<String, Instant> all() throws IOException {
    var buckets = new TreeMap<String, Instant>();
    try (var directories = Files.newDirectoryStream(root)) {
      for (var directory : directories) {
        var name = directory.getFileName().toString();
        if (!name.startsWith(".") && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
          buckets.put(name, Files.getLastModifiedTime(directory).toInstant());
        }
      }
    }
    return buckets;
  }

  /** Whether it is a new one. */
  boolean create(String name, Access access) throws IOException {
    try {
      Files.createDirectory(directory(name));
    } catch (FileAlreadyExistsException e) {
      return false;
    }
    setAccess(name, access);
    return true;
  }

  /** Whether it is gone; one with objects stays. */
  boolean delete(String name) throws IOException {
    lock.writeLock().lock();
    try {
      Files.deleteIfExists(directory(name));
      Files.deleteIfExists(record(name));
      Files.deleteIfExists(records.resolve(name));
      return true;
    } catch (DirectoryNotEmptyException e) {
      return false;
    } finally {
      lock.writeLock().unlock();
    }
  }

  Access access(String name) throws IOException {
    try {
      return JSON.readValue(Files.readAllBytes(record(name)), BucketRecord.class).access();
    } catch (NoSuchFileException e) {
      return Access.PRIVATE;
    }
  }

  void setAccess(String name, Access access) throws IOException {
    var prepared =
        Files.write(incoming.newFile(), JSON.writeValueAsBytes(new BucketRecord(access)));
    Files.move(
        prepared,
        record(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private Path record(String name) {
    return records.resolve(name + ".bucket%.json");
  }
}

package dev.zerolite.s3.awssdk;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * One bucket's objects. An object's bytes are the file that its key names ({@link KeyPath}); what
 * else is known of it is a JSON file at the same place below another directory.
 *
 * <p>Invariants: bytes come into the bucket's directory only complete, by a rename. A file without
 * a record, or that differs from its record in size or time, is an object all the same: its record
 * is made from the file when it is first asked for. So a crash between the two renames costs an
 * object its headers, never its bytes, and files may be put into the directory by hand.
 */
final class ObjectFiles {
  /** Ends a file's name where a directory of the key's own name is in its place. */
  static final String BESIDE_DIRECTORY = "%=";

  // "%." is no escape, so no directory's name ends like this.
  private static final String RECORD = "%.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path objects;
  private final Path records;
  private final Incoming incoming;
  // Held for renames and for opening files, never while bytes are copied.
  private final ReentrantReadWriteLock lock;

  ObjectFiles(Path objects, Path records, Incoming incoming, ReentrantReadWriteLock lock) {
    this.objects = objects;
    this.records = records;
    this.incoming = incoming;
    this.lock = lock;
  }

  Path directory() {
    return objects;
  }

  /** A condition on what is there now, judged in the same moment as the change. */
  interface Condition {
    void check(Optional<ObjectRecord> current);

    static Condition none() {
      return current -> {};
    }
  }

  /** An object whose bytes can be read, whatever happens to its name meanwhile. */
  record Opened(@Nullable FileChannel bytes, ObjectRecord record) {}

  Optional<Opened> open(String key) throws IOException {
    return look(key, true);
  }

  Optional<ObjectRecord> find(String key) throws IOException {
    return look(key, false).map(Opened::record);
  }

  private Optional<Opened> look(String key, boolean open) throws IOException {
    var names = names(key);
    while (true) {
      Path file;
      BasicFileAttributes attributes;
      Optional<ObjectRecord> known;
      lock.readLock().lock();
      try {
        var found = file(names);
        if (found.isEmpty()) {
          return Optional.empty();
        }
        file = found.get();
        attributes = Files.readAttributes(file, BasicFileAttributes.class);
        known = read(recordFile(names));
        if (known.isPresent() && isOf(known.get(), attributes)) {
          var bytes = open ? FileChannel.open(file, StandardOpenOption.READ) : null;
          return Optional.of(new Opened(bytes, known.get()));
        }
      } catch (NoSuchFileException removedByHand) {
        return Optional.empty();
      } finally {
        lock.readLock().unlock();
      }
      adopt(names, file, attributes, known);
    }
  }

  /** Makes the record of a file that was changed, copied or put there by somebody else. */
  private void adopt(
      List<String> names, Path file, BasicFileAttributes attributes, Optional<ObjectRecord> known)
      throws IOException {
    String md5;
    try {
      md5 = Incoming.md5Of(file);
    } catch (NoSuchFileException removedMeanwhile) {
      return;
    }
    long size = attributes.size();
    long modified = attributes.lastModifiedTime().toMillis();
    var record =
        known
            // A copied directory has new times and the same bytes; of parts only the size is known.
            .filter(old -> old.size() == size)
            .filter(old -> old.etag().equals(md5) || old.etag().indexOf('-') > 0)
            .map(old -> old.withFile(size, modified))
            .orElseGet(
                () ->
                    new ObjectRecord(
                        size,
                        modified,
                        md5,
                        null,
                        ObjectRecord.Headers.ofType(typeOf(file)),
                        null,
                        known.map(ObjectRecord::publicRead).orElse(false)));
    var prepared = prepare(record);
    lock.writeLock().lock();
    try {
      if (Files.exists(file) && isOf(record, file)) {
        move(prepared, recordFile(names));
      }
    } finally {
      lock.writeLock().unlock();
      Files.deleteIfExists(prepared);
    }
  }

  private static String typeOf(Path file) {
    try {
      var type = Files.probeContentType(file);
      return type != null ? type : "application/octet-stream";
    } catch (IOException e) {
      return "application/octet-stream";
    }
  }

  /** Makes a complete file the object, with the record that {@code record} makes of its time. */
  ObjectRecord publish(String key, Path complete, ObjectRecord record, Condition condition)
      throws IOException {
    var names = names(key);
    var modified = Files.getLastModifiedTime(complete).toMillis();
    var dated = record.withFile(Files.size(complete), modified);
    var prepared = prepare(dated);
    lock.writeLock().lock();
    try {
      condition.check(find(key));
      if (!Files.isDirectory(objects)) {
        throw new NoSuchFileException(objects.toString());
      }
      var leaf = makeParents(names);
      boolean besideDirectory = Files.isDirectory(leaf, LinkOption.NOFOLLOW_LINKS);
      move(complete, besideDirectory ? beside(leaf) : leaf);
      if (!besideDirectory) {
        Files.deleteIfExists(beside(leaf));
      }
      move(prepared, recordFile(names));
      return dated;
    } finally {
      lock.writeLock().unlock();
      Files.deleteIfExists(prepared);
      Files.deleteIfExists(complete);
    }
  }

  /** The directories on the way to an object; an object in the way steps aside. */
  private Path makeParents(List<String> names) throws IOException {
    var place = objects;
    for (var name : names.subList(0, names.size() - 1)) {
      place = place.resolve(name);
      if (Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
        move(place, beside(place));
      }
      if (!Files.isDirectory(place)) {
        Files.createDirectory(place);
      }
    }
    return place.resolve(names.get(names.size() - 1));
  }

  void setPublicRead(String key, boolean everyone) throws IOException {
    var record = find(key);
    if (record.isEmpty()) {
      return;
    }
    var prepared = prepare(record.get().withPublicRead(everyone));
    lock.writeLock().lock();
    try {
      if (file(names(key)).isPresent()) {
        move(prepared, recordFile(names(key)));
      }
    } finally {
      lock.writeLock().unlock();
      Files.deleteIfExists(prepared);
    }
  }

  void delete(String key, Condition condition) throws IOException {
    var names = names(key);
    lock.writeLock().lock();
    try {
      condition.check(find(key));
      var file = file(names);
      if (file.isPresent()) {
        Files.deleteIfExists(file.get());
        removeEmptyParents(file.get(), objects);
      }
      Files.deleteIfExists(recordFile(names));
      removeEmptyParents(recordFile(names), records);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private static void removeEmptyParents(Path file, Path top) throws IOException {
    for (var parent = file.getParent(); !parent.equals(top); parent = parent.getParent()) {
      try {
        Files.deleteIfExists(parent);
      } catch (DirectoryNotEmptyException e) {
        return;
      }
    }
  }

  private static List<String> names(String key) {
    return KeyPath.names(key);
  }

  private Optional<Path> file(List<String> names) {
    var leaf = objects;
    for (var name : names) {
      leaf = leaf.resolve(name);
    }
    if (Files.isRegularFile(leaf, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.of(leaf);
    }
    return Optional.of(beside(leaf))
        .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
  }

  private static Path beside(Path leaf) {
    return leaf.resolveSibling(leaf.getFileName() + BESIDE_DIRECTORY);
  }

  private Path recordFile(List<String> names) {
    var file = records;
    for (var name : names.subList(0, names.size() - 1)) {
      file = file.resolve(name);
    }
    return file.resolve(names.get(names.size() - 1) + RECORD);
  }

  private Path prepare(ObjectRecord record) throws IOException {
    return Files.write(incoming.newFile(), JSON.writeValueAsBytes(record));
  }

  private static Optional<ObjectRecord> read(Path file) throws IOException {
    try {
      return Optional.of(JSON.readValue(Files.readAllBytes(file), ObjectRecord.class));
    } catch (NoSuchFileException | JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static void move(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static boolean isOf(ObjectRecord record, Path file) throws IOException {
    return isOf(record, Files.readAttributes(file, BasicFileAttributes.class));
  }

  private static boolean isOf(ObjectRecord record, BasicFileAttributes attributes) {
    return record.size() == attributes.size()
        && record.modified() == attributes.lastModifiedTime().toMillis();
  }
}

package dev.zerolite.cli.archive;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The archive that belongs to one JVM and one set of jars, in a directory of its own; the launcher
 * names both. A checksum lies beside it, since the JVM looks at an archive's header only, and
 * crashes when the rest is damaged.
 */
final class ClassArchive {
  /** Some 50 MB each: this JVM, another one, and those of a build or two ago. */
  static final int KEPT = 4;

  private final Path file;

  ClassArchive(Path file) {
    this.file = requireNonNull(file).toAbsolutePath();
  }

  Path file() {
    return file;
  }

  Path directory() {
    return file.getParent();
  }

  private Path checksumFile() {
    return directory().resolve(file.getFileName() + ".cksum");
  }

  /** Whether it is there as it was made; what is left of a damaged one is removed. */
  boolean isIntact() throws IOException {
    if (Files.exists(file)
        && Files.exists(checksumFile())
        && Files.readString(checksumFile()).equals(checksum(file))) {
      Files.setLastModifiedTime(directory(), FileTime.from(Instant.now()));
      return true;
    }
    Files.deleteIfExists(file);
    return false;
  }

  /**
   * Puts what was made in its place. A JVM that starts meanwhile sees none or a whole one: the
   * launcher compares the size, which stands behind the checksum.
   */
  void install(Path made) throws IOException {
    var checksum = checksum(made);
    // Else it may be of that size and empty after a crash of the machine. Opened for reading since
    // the JVM makes it read-only.
    try (var channel = FileChannel.open(made)) {
      channel.force(true);
    }
    Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(checksumFile(), checksum);
    Files.setLastModifiedTime(directory(), FileTime.from(Instant.now()));
  }

  /** Deletes the archives of other jars and JVMs except those that were used last. */
  void prune() throws IOException {
    var all = new ArrayList<Path>();
    try (var directories = Files.newDirectoryStream(directory().getParent(), Files::isDirectory)) {
      directories.forEach(all::add);
    }
    all.remove(directory());
    all.sort(Comparator.comparing(ClassArchive::lastUse).reversed());
    for (var old : all.subList(Math.min(KEPT - 1, all.size()), all.size())) {
      delete(old);
    }
  }

  private static FileTime lastUse(Path directory) {
    try {
      return Files.getLastModifiedTime(directory);
    } catch (IOException e) {
      return FileTime.fromMillis(0); // another zerolite has just deleted it
    }
  }

  /** Deletes a directory; that another process deletes it too is no error. */
  static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      // gone already
    } catch (UncheckedIOException e) {
      if (!(e.getCause() instanceof NoSuchFileException)) {
        throw e.getCause();
      }
    }
  }

  /** By the program that the launcher uses, too: a JVM would take longer to start than to add. */
  private static String checksum(Path file) throws IOException {
    var process = new ProcessBuilder("cksum").redirectInput(file.toFile()).start();
    try (var output = process.getInputStream()) {
      return new String(output.readAllBytes(), StandardCharsets.US_ASCII);
    } finally {
      process.destroy();
    }
  }

  /** The JVM options under which this JVM was started, without those that name an archive. */
  static List<String> optionsWithoutArchive(List<String> options) {
    return options.stream()
        .filter(
            option ->
                !option.startsWith("-XX:SharedArchiveFile=")
                    && !option.startsWith("-XX:AOTCache=")
                    && !option.startsWith("-XX:AOTMode=")
                    && !option.startsWith("-Xshare:")
                    && !option.startsWith("-Xlog:")
                    && !option.startsWith("-Dzerolite."))
        .toList();
  }
}

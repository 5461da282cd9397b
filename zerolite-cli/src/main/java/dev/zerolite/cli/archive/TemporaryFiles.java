package dev.zerolite.cli.archive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;

/** A directory that is deleted with all that is in it. */
record TemporaryFiles(Path directory) implements AutoCloseable {

  static TemporaryFiles create() throws IOException {
    return new TemporaryFiles(Files.createTempDirectory("zerolite-train-"));
  }

  @Override
  public void close() throws IOException {
    delete(directory);
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
}

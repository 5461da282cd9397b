package dev.zerolite.pglite.isolation;

import dev.zerolite.pglite.testing.PostgresSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** PostgreSQL's isolation specs, as {@link PostgresSource} finds them. */
final class SpecSource {
  private static final String SPECS = "src/test/isolation/specs";

  /** PostgreSQL 16 renamed this setting; the specs are older. */
  private static final String OLD_NAME = "force_parallel_mode";

  private static final String NEW_NAME = "debug_parallel_query";

  private final Path directory;

  private SpecSource(Path directory) {
    this.directory = directory;
  }

  static SpecSource find() throws IOException, InterruptedException {
    return new SpecSource(PostgresSource.directory(SPECS));
  }

  /** The specs' names, sorted. */
  List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".spec"))
          .map(name -> name.substring(0, name.length() - ".spec".length()))
          .sorted()
          .toList();
    }
  }

  Spec spec(String name) {
    try {
      String text = Files.readString(directory.resolve(name + ".spec"));
      return SpecParser.parse(text.replace(OLD_NAME, NEW_NAME));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.zerolite.pglite.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Where PostgreSQL's own tests come from: the source tree that {@code zerolite.postgres.source}
 * names, or Debian's source package of {@value #PACKAGE}, which apt-get downloads once.
 */
public final class PostgresSource {
  private static final String PACKAGE = "postgresql-15";

  private final Path root;

  private PostgresSource(Path root) {
    this.root = root;
  }

  /**
   * The source tree, of which at least the directory of that name is there.
   *
   * @param directory below the root, such as {@code src/test/regress}
   * @throws IOException if it cannot be had; the message says what to do
   */
  public static Path directory(String directory) throws IOException, InterruptedException {
    String given = System.getProperty("zerolite.postgres.source");
    PostgresSource source =
        new PostgresSource(
            given != null
                ? Path.of(given)
                : Path.of(System.getProperty("user.home"), ".cache", "zerolite", PACKAGE));
    Path found = source.root.resolve(directory);
    if (given == null && Files.notExists(found)) {
      source.download(directory);
    }
    if (Files.notExists(found)) {
      throw new IOException(
          """
          PostgreSQL's %s is not there. Either name a source tree of PostgreSQL: \
          -Dzerolite.postgres.source=DIRECTORY; or, on Debian 12, let apt know source packages: write \
          "Types: deb deb-src" in /etc/apt/sources.list.d/debian.sources, run apt-get update, and try \
          again (needs apt-get, tar and bzip2)."""
              .formatted(directory));
    }
    return found;
  }

  private void download(String directory) throws IOException, InterruptedException {
    Files.createDirectories(root);
    if (archive() == null) {
      for (String version : versions()) {
        // the newest version is not on every mirror
        run(root, "apt-get", "source", "--download-only", PACKAGE + "=" + version);
        if (archive() != null) {
          break;
        }
      }
    }
    Path archive = archive();
    if (archive == null) {
      return;
    }
    Path unpacked = Files.createTempDirectory(root, "unpacked");
    run(
        unpacked,
        "tar",
        "--extract",
        "--file=" + archive,
        "--strip-components=1",
        "--wildcards",
        "*/" + directory + "/*");
    Files.createDirectories(root.resolve(directory).getParent());
    Files.move(unpacked.resolve(directory), root.resolve(directory));
  }

  private static List<String> versions() throws IOException, InterruptedException {
    List<String> versions = new ArrayList<>();
    for (String line :
        run(Path.of("."), "apt-cache", "showsrc", "--only-source", PACKAGE).split("\n")) {
      if (line.startsWith("Version: ")) {
        versions.add(line.substring("Version: ".length()).strip());
      }
    }
    return versions;
  }

  private Path archive() throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files
          .filter(file -> file.getFileName().toString().matches(PACKAGE + "_.*\\.orig\\.tar\\..*"))
          .findFirst()
          .orElse(null);
    }
  }

  /** What the program printed; whether it succeeded is seen by what it leaves. */
  private static String run(Path directory, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("postgres-source", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
      return Files.readString(output);
    } catch (IOException e) {
      return ""; // there is no such program
    } finally {
      Files.delete(output);
    }
  }
}

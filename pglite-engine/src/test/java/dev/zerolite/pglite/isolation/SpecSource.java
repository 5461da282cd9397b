package dev.zerolite.pglite.isolation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Where PostgreSQL's isolation specs come from: the directory that {@code zerolite.isolation.specs}
 * names, or Debian's source package of {@value #PACKAGE}, which apt-get downloads once.
 */
final class SpecSource {
  private static final String PACKAGE = "postgresql-15";
  private static final String SPECS = "src/test/isolation/specs";

  /** PostgreSQL 16 renamed this setting; the specs are older. */
  private static final String OLD_NAME = "force_parallel_mode";

  private static final String NEW_NAME = "debug_parallel_query";

  private final Path directory;

  private SpecSource(Path directory) {
    this.directory = directory;
  }

  static SpecSource find() throws IOException, InterruptedException {
    String given = System.getProperty("zerolite.isolation.specs");
    if (given != null) {
      return new SpecSource(Path.of(given));
    }
    Path cache =
        Path.of(System.getProperty("user.home"), ".cache", "zerolite", "isolation-" + PACKAGE);
    Path specs = cache.resolve("specs");
    if (Files.notExists(specs)) {
      download(Files.createDirectories(cache), specs);
    }
    return new SpecSource(specs);
  }

  private static void download(Path cache, Path specs) throws IOException, InterruptedException {
    for (String version : versions()) {
      // the newest version is not on every mirror
      run(cache, "apt-get", "source", "--download-only", PACKAGE + "=" + version);
      Path archive = archive(cache);
      if (archive != null) {
        Path unpacked = Files.createDirectories(cache.resolve("unpacked"));
        run(
            unpacked,
            "tar",
            "--extract",
            "--file=" + archive,
            "--strip-components=1",
            "--wildcards",
            "*/" + SPECS + "/*.spec");
        Files.move(unpacked.resolve(SPECS), specs);
        return;
      }
    }
    throw new IOException(
        """
        The isolation specs are not there. Either give a directory with PostgreSQL's %s: \
        -Dzerolite.isolation.specs=DIRECTORY; or, on Debian 12, let apt know source packages: write \
        "Types: deb deb-src" in /etc/apt/sources.list.d/debian.sources, run apt-get update, and try \
        again (needs apt-get, tar and bzip2)."""
            .formatted(SPECS));
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

  private static Path archive(Path cache) throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files
          .filter(file -> file.getFileName().toString().matches(PACKAGE + "_.*\\.orig\\.tar\\..*"))
          .findFirst()
          .orElse(null);
    }
  }

  /** What the program printed; whether it succeeded is seen by what it leaves. */
  private static String run(Path directory, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("isolation", ".txt");
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

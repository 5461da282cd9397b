package dev.zerolite.bench;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs the programs in {@code src/main/node} beside PGlite's npm packages, which are installed once
 * into the cache.
 */
record NodeProgram(Path sources, Path directory) {
  private static final String SOCKET = "@electric-sql/pglite-socket@0.2.17";
  // The version that our engine is made of; pglite-socket asks for its own contemporary only.
  private static final List<String> INSTALL =
      List.of(
          "npm",
          "install",
          "--no-audit",
          "--no-fund",
          "--legacy-peer-deps",
          "@electric-sql/pglite@0.5.16",
          SOCKET);

  static NodeProgram in(Path root) {
    return new NodeProgram(
        root.resolve("bench/src/main/node"),
        Path.of(System.getProperty("user.home"), ".cache", "zerolite", "bench"));
  }

  /** Starts a program; its standard error is ours. */
  Process start(String name) throws IOException, InterruptedException {
    if (!Files.isDirectory(directory.resolve("node_modules/@electric-sql/pglite-socket"))) {
      install();
    }
    // Node.js looks for packages from a program's place upwards.
    Files.copy(sources.resolve(name), directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    return new ProcessBuilder("node", name)
        .directory(directory.toFile())
        .redirectError(Redirect.INHERIT)
        .start();
  }

  private void install() throws IOException, InterruptedException {
    Files.createDirectories(directory);
    var npm =
        new ProcessBuilder(INSTALL)
            .directory(directory.toFile())
            .redirectOutput(Redirect.DISCARD)
            .start();
    if (!npm.waitFor(5, TimeUnit.MINUTES) || npm.exitValue() != 0) {
      npm.destroyForcibly();
      throw new IOException("`%s` failed in %s".formatted(String.join(" ", INSTALL), directory));
    }
  }
}

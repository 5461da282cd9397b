package dev.zerolite.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The Node.js program of {@code src/test/e2e} with its packages.
 *
 * @param directory where {@code run.mjs} is
 */
record ScenarioProgram(Path directory) {
  private static final long INSTALL_MINUTES = 15;

  /**
   * Links the program, which Maven has copied to {@code target/e2e}, to its packages; installs them
   * if this machine has none for this lock file yet.
   */
  static ScenarioProgram install() throws IOException, InterruptedException {
    var directory = Path.of("target", "e2e").toAbsolutePath();
    var packages = packages(directory);
    var link = directory.resolve("node_modules");
    if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      Files.createSymbolicLink(link, packages.resolve("node_modules"));
    }
    return new ScenarioProgram(directory);
  }

  private static Path packages(Path program) throws IOException, InterruptedException {
    var cache = Path.of(System.getProperty("user.home"), ".cache", "zerolite", "e2e");
    var installed = cache.resolve(digest(program.resolve("package-lock.json")));
    if (Files.isDirectory(installed)) {
      return installed;
    }
    Files.createDirectories(cache);
    // Installed aside and renamed, so that an interrupted installation is never taken for a whole
    // one.
    var aside = Files.createTempDirectory(cache, "installing-");
    for (var name : List.of("package.json", "package-lock.json")) {
      Files.copy(program.resolve(name), aside.resolve(name));
    }
    System.out.println("installing the packages of the end-to-end tests (once, about a minute)");
    var npm =
        new ProcessBuilder("npm", "ci", "--no-fund", "--no-audit", "--loglevel=http")
            .directory(aside.toFile())
            .redirectErrorStream(true)
            .start();
    // Printed by us: Surefire talks to this process over the file descriptors that a child would
    // inherit.
    npm.getOutputStream().close();
    try (var output = npm.inputReader(UTF_8)) {
      output.lines().forEach(System.out::println);
    }
    if (!npm.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES) || npm.exitValue() != 0) {
      npm.destroyForcibly();
      throw new IOException(
          "npm failed, see above; check the network and try `npm ci` in " + aside);
    }
    try {
      Files.move(aside, installed, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException e) {
      // another build was faster; its packages are the same
    }
    return installed;
  }

  private static String digest(Path file) throws IOException {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(sha256).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** The names of all scenarios, in their order. */
  List<String> names() throws IOException, InterruptedException {
    var process = start(List.of("--list"));
    var names = new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    if (process.waitFor() != 0 || names.isEmpty()) {
      throw new IOException("node run.mjs --list failed; see " + log());
    }
    return names;
  }

  /**
   * Starts a run that waits for names of scenarios.
   *
   * @param zeroCacheUrl a running zero-cache; without one the program prepares the database and
   *     starts its own
   */
  ScenarioRun start(String postgresUrl, Optional<String> zeroCacheUrl) throws IOException {
    var arguments = new ArrayList<>(List.of("--stdin", "--pg", postgresUrl));
    zeroCacheUrl.ifPresent(url -> arguments.addAll(List.of("--zero-cache", url)));
    return new ScenarioRun(start(arguments), log());
  }

  /** Where the program's stderr goes. */
  private Path log() {
    return directory.resolve("run.log");
  }

  private Process start(List<String> arguments) throws IOException {
    var words = new ArrayList<>(List.of("node", "run.mjs"));
    words.addAll(arguments);
    return new ProcessBuilder(words)
        .directory(directory.toFile())
        .redirectError(log().toFile())
        .start();
  }
}

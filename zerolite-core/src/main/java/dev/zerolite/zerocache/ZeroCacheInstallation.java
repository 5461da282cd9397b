package dev.zerolite.zerocache;

import static java.util.Objects.requireNonNull;

import dev.zerolite.process.MissingProgramException;
import dev.zerolite.process.NodeRuntime;
import dev.zerolite.process.Npm;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A zero-cache on this machine. It is never modified.
 *
 * @param script the file behind the {@code zero-cache} command
 */
public record ZeroCacheInstallation(Path script) {
  /** Installed when the app has none of its own. */
  public static final String DEFAULT_VERSION = "1.9.0";

  private static final Logger LOG = LoggerFactory.getLogger(ZeroCacheInstallation.class);
  private static final String SCRIPT = "node_modules/@rocicorp/zero/out/zero/src/cli.js";

  public ZeroCacheInstallation {
    requireNonNull(script);
  }

  /**
   * The app's own zero-cache, else the one in the cache directory, else a new one there by npm.
   *
   * @param environment the variables of this process
   * @throws MissingProgramException if npm is needed and missing
   * @throws ZeroCacheException if npm fails
   */
  public static ZeroCacheInstallation find(
      Path appDirectory, NodeRuntime node, Map<String, String> environment)
      throws MissingProgramException, ZeroCacheException, InterruptedException {
    // As Node.js resolves packages: a workspace keeps them in a directory above.
    for (var directory = appDirectory; directory != null; directory = directory.getParent()) {
      var script = directory.resolve(SCRIPT);
      if (Files.isRegularFile(script)) {
        return new ZeroCacheInstallation(script);
      }
    }
    var shared = cacheDirectory(environment).resolve(DEFAULT_VERSION);
    if (!Files.isRegularFile(shared.resolve(SCRIPT))) {
      install(shared, new Npm(node));
    }
    return new ZeroCacheInstallation(shared.resolve(SCRIPT));
  }

  /**
   * Where Node.js 22 and later keep what they compiled: a sixth of zero-cache's start.
   *
   * @param environment the variables of this process
   */
  public static Path compileCache(Map<String, String> environment) {
    return cacheDirectory(environment).resolve("compiled");
  }

  private static Path cacheDirectory(Map<String, String> environment) {
    var cache = environment.get("XDG_CACHE_HOME");
    var base =
        cache != null && !cache.isEmpty()
            ? Path.of(cache)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("zerolite").resolve("zero-cache");
  }

  /**
   * Installs aside and renames, so that a half-done installation is never taken for a whole one.
   */
  private static void install(Path target, Npm npm)
      throws ZeroCacheException, MissingProgramException, InterruptedException {
    var wanted = "@rocicorp/zero@" + DEFAULT_VERSION;
    LOG.info(
        "this app has no zero-cache of its own: installing {} into {} (once, about a minute)",
        wanted,
        target);
    try {
      Files.createDirectories(target.getParent());
      var aside = Files.createTempDirectory(target.getParent(), "installing-");
      try {
        Files.writeString(aside.resolve("package.json"), "{\"private\": true}\n");
        npm.install(aside, List.of("--omit=dev", wanted));
        moveInto(target, aside);
      } finally {
        deleteTree(aside);
      }
    } catch (Npm.FailedException e) {
      throw new ZeroCacheException(wanted + " is missing and " + e.getMessage());
    } catch (IOException e) {
      throw new ZeroCacheException(
          "%s could not be installed into %s: %s".formatted(wanted, target, e));
    }
  }

  private static void moveInto(Path target, Path aside) throws IOException {
    try {
      if (Files.exists(target)) {
        deleteTree(target); // incomplete, or find() would have taken it
      }
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException e) {
      LOG.debug("another zerolite installed zero-cache at the same time");
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (var paths = Files.walk(root)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}

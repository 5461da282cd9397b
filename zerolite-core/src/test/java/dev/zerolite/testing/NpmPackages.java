package dev.zerolite.testing;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The packages that a directory's {@code package-lock.json} names, installed once per machine. */
public final class NpmPackages {
  private static final Duration INSTALL = Duration.ofMinutes(10);

  private NpmPackages() {}

  /**
   * Links {@code node_modules} into a directory.
   *
   * @param name of the directory below {@code ~/.cache/zerolite} that keeps them
   */
  public static void linkInto(Path directory, String name)
      throws IOException, InterruptedException {
    var link = directory.resolve("node_modules");
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, installed(directory, name).resolve("node_modules"));
  }

  private static Path installed(Path program, String name)
      throws IOException, InterruptedException {
    var cache = Path.of(System.getProperty("user.home"), ".cache", "zerolite", name);
    var installed = cache.resolve(digest(program.resolve("package-lock.json")));
    if (Files.isDirectory(installed, LinkOption.NOFOLLOW_LINKS)) {
      return installed;
    }
    Files.createDirectories(cache);
    // Installed aside and renamed: an interrupted installation is never taken for a whole one.
    var aside = Files.createTempDirectory(cache, "installing-");
    for (var file : List.of("package.json", "package-lock.json", ".npmrc")) {
      if (Files.exists(program.resolve(file))) {
        Files.copy(program.resolve(file), aside.resolve(file));
      }
    }
    var result =
        ClientProgram.find("npm", "npm")
            .run(aside, Map.of(), INSTALL, List.of("ci", "--no-fund", "--no-audit"));
    if (result.exitCode() != 0) {
      throw new IOException(
          "npm failed; check the network and try `npm ci` in " + aside + ": " + result.stderr());
    }
    try {
      Files.move(aside, installed, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (!Files.isDirectory(installed)) {
        throw e;
      }
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
}

package dev.zerolite.pglite.build.npm;

import dev.zerolite.pglite.build.BuildException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * A pinned version of an npm package.
 *
 * @param name with its scope
 * @param integrity npm's checksum: "sha512-" and the digest in base64
 */
public record NpmPackage(String name, String version, String integrity) {
  private static final String ALGORITHM = "sha512-";
  private static final int NPM_MINUTES = 10;

  /** The release of PGlite that the engine is made of: PostgreSQL 18. */
  public static final NpmPackage PGLITE =
      new NpmPackage(
          "@electric-sql/pglite",
          "0.5.16",
          "sha512-Nj8KcIsJL748W408U2N8q4+9IlONdpRIU8MJypIAAINMJ5nqKyqpX7Mgg/5XKkXiAib3AoZGR6hnJFlrlLBrcg==");

  /** pgvector, which PGlite publishes on its own. */
  public static final NpmPackage PGVECTOR =
      new NpmPackage(
          "@electric-sql/pglite-pgvector",
          "0.0.15",
          "sha512-t022ZzaH95MD+FFY+1f1gw8NqSEot3ZW7XM8jNQnEJDcWN+dUaosS/CKqJHFCopGUSE4cwsc18ucbx5trd3jtQ==");

  /**
   * The package's files by their path in it; taken from the directory if it was fetched before,
   * else from npm's registry.
   */
  public Map<String, byte[]> files(Path directory) {
    try {
      return TarArchive.read(
          new GZIPInputStream(new ByteArrayInputStream(archive(directory))), "package/");
    } catch (IOException e) {
      throw new BuildException("cannot unpack " + this + ": " + e.getMessage(), e);
    }
  }

  private byte[] archive(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path kept = directory.resolve(name.replace("@", "").replace('/', '-') + "-" + version + ".tgz");
    if (Files.exists(kept)) {
      byte[] bytes = Files.readAllBytes(kept);
      if (checksum(bytes).equals(integrity)) {
        return bytes;
      }
      Files.delete(kept); // half a file, or another's: fetch it anew
    }
    Path temporary = Files.createTempDirectory(directory, "npm-pack-");
    try {
      npmPack(temporary);
      Path fetched = onlyFile(temporary);
      byte[] bytes = Files.readAllBytes(fetched);
      String actual = checksum(bytes);
      if (!actual.equals(integrity)) {
        throw new BuildException(
            """
            npm delivered another %s than the one that zerolite was made with.
              expected %s
              received %s
            Look at npm's registry setting (npm config get registry): a proxy may have changed the \
            package. Do not build with it."""
                .formatted(this, integrity, actual));
      }
      Files.move(fetched, kept, StandardCopyOption.REPLACE_EXISTING);
      return bytes;
    } finally {
      deleteRecursively(temporary);
    }
  }

  private void npmPack(Path directory) throws IOException {
    boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows");
    Process npm;
    try {
      npm =
          new ProcessBuilder(windows ? "npm.cmd" : "npm", "pack", "--silent", name + "@" + version)
              .directory(directory.toFile())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException e) {
      throw new BuildException(
          "cannot run npm, which fetches " + this + ". Install Node 20 or newer (nodejs.org).", e);
    }
    try {
      if (!npm.waitFor(NPM_MINUTES, TimeUnit.MINUTES)) {
        throw new BuildException(
            "npm pack %s@%s did not finish in %d minutes; check the network, then build again."
                .formatted(name, version, NPM_MINUTES));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException("interrupted while npm was fetching " + this, e);
    } finally {
      npm.destroy();
    }
    if (npm.exitValue() != 0) {
      throw new BuildException(
          "npm pack %s@%s failed (exit status %d, see its message above). The package is needed once; afterwards it is taken from %s."
              .formatted(name, version, npm.exitValue(), directory.getParent()));
    }
  }

  private Path onlyFile(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(".tgz"))
          .findFirst()
          .orElseThrow(() -> new BuildException("npm pack " + this + " left no file behind"));
    }
  }

  private static String checksum(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-512").digest(bytes);
      return ALGORITHM + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-512", e);
    }
  }

  private static void deleteRecursively(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  @Override
  public String toString() {
    return name + "@" + version;
  }
}

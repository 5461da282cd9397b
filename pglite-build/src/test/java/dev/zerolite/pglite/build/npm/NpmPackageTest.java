package dev.zerolite.pglite.build.npm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpmPackageTest {
  @TempDir Path directory;

  @Test
  void takesThePackageFromTheDirectoryIfItIsTheRightOne() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(new byte[1024]); // an empty archive
    }
    byte[] digest = MessageDigest.getInstance("SHA-512").digest(bytes.toByteArray());
    Files.write(directory.resolve("scope-name-1.0.0.tgz"), bytes.toByteArray());
    NpmPackage kept =
        new NpmPackage(
            "@scope/name", "1.0.0", "sha512-" + Base64.getEncoder().encodeToString(digest));
    assertThat(kept.files(directory)).isEmpty();
  }
}

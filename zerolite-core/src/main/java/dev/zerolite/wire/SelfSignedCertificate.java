package dev.zerolite.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A certificate for this machine that nobody vouches for, kept in a directory so that clients can
 * be told to trust it.
 *
 * <p>It is made by the JDK's keytool: the JDK has no API for that, and a library would be in every
 * installation for the few that want TLS.
 */
public final class SelfSignedCertificate {
  private static final String CERTIFICATE = "server.crt";
  private static final String KEY = "server.key";
  private static final String ALIAS = "server";
  private static final long KEYTOOL_SECONDS = 60;

  private SelfSignedCertificate() {}

  /**
   * Loads the certificate of a directory; makes one first if there is none.
   *
   * @throws IOException if it cannot be made; with what to do instead
   */
  public static TlsIdentity in(Path directory) throws IOException, InterruptedException {
    Path certificate = directory.resolve(CERTIFICATE);
    Path key = directory.resolve(KEY);
    if (!Files.exists(certificate) || !Files.exists(key)) {
      Files.createDirectories(directory);
      make(directory, certificate, key);
    }
    return TlsIdentity.load(certificate, key);
  }

  private static void make(Path directory, Path certificate, Path key)
      throws IOException, InterruptedException {
    Path store = directory.resolve("keytool.p12");
    Files.deleteIfExists(store);
    // the store lives for a second, and only its owner may read the directory's files
    String password = UUID.randomUUID().toString();
    try {
      runKeytool(store, password);
      KeyStore keys = KeyStore.getInstance(store.toFile(), password.toCharArray());
      write(
          key, "PRIVATE KEY", keys.getKey(ALIAS, password.toCharArray()).getEncoded(), "rw-------");
      write(certificate, "CERTIFICATE", keys.getCertificate(ALIAS).getEncoded(), "rw-r--r--");
    } catch (GeneralSecurityException e) {
      throw new IOException("The certificate that keytool made cannot be read", e);
    } finally {
      Files.deleteIfExists(store);
    }
  }

  private static void runKeytool(Path store, String password)
      throws IOException, InterruptedException {
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    List<String> command =
        List.of(
            keytool.toString(),
            "-genkeypair",
            "-alias",
            ALIAS,
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=localhost",
            "-ext",
            "san=dns:localhost,ip:127.0.0.1,ip:0:0:0:0:0:0:0:1",
            "-validity",
            "3650",
            "-storetype",
            "PKCS12",
            "-keystore",
            store.toString(),
            "-storepass:env",
            "KEYTOOL_PASSWORD");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KEYTOOL_PASSWORD", password);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new IOException(
          "No certificate can be made without the JDK's keytool ("
              + e.getMessage()
              + "); give one with --tls-cert and --tls-key",
          e);
    }
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes());
    if (!process.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("keytool made no certificate: " + output.strip());
    }
  }

  /** Written aside and renamed: a file that is there is whole. */
  private static void write(Path file, String kind, byte[] content, String permissions)
      throws IOException {
    String pem =
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(
                kind, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content), kind);
    Path aside =
        Files.createTempFile(
            file.getParent(),
            file.getFileName().toString(),
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(aside, pem);
    Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString(permissions));
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
  }
}

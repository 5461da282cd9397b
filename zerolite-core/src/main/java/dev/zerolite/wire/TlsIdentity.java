package dev.zerolite.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A server's certificate with its private key, ready for TLS. */
public final class TlsIdentity {
  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  /** For the key store in memory, which nobody else ever opens. */
  private static final char[] NO_PASSWORD = new char[0];

  private final SSLContext context;

  private TlsIdentity(SSLContext context) {
    this.context = context;
  }

  /**
   * Reads PEM files, as PostgreSQL's ssl_cert_file and ssl_key_file.
   *
   * @param certificate the server's certificate, then those that signed it
   * @param key its private key, in PKCS #8 and not encrypted
   * @throws IOException if a file cannot be read or does not hold that; with what to do
   */
  public static TlsIdentity load(Path certificate, Path key) throws IOException {
    try {
      Certificate[] chain = readChain(certificate);
      PrivateKey privateKey = readKey(key, chain[0].getPublicKey().getAlgorithm());
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("server", privateKey, NO_PASSWORD, chain);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return new TlsIdentity(context);
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "%s and %s do not make a TLS server: %s".formatted(certificate, key, e.getMessage()), e);
    }
  }

  private static Certificate[] readChain(Path file) throws IOException, GeneralSecurityException {
    var chain =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
    if (chain.isEmpty()) {
      throw new IOException(file + " holds no certificate in PEM format");
    }
    return chain.toArray(Certificate[]::new);
  }

  private static PrivateKey readKey(Path file, String algorithm)
      throws IOException, GeneralSecurityException {
    Matcher pem = PRIVATE_KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IOException(
          file
              + " holds no unencrypted key in PKCS #8 format; make one with"
              + " `openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW-KEY`");
    }
    byte[] key = Base64.getMimeDecoder().decode(pem.group(1));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(key));
  }

  SSLContext context() {
    return context;
  }
}

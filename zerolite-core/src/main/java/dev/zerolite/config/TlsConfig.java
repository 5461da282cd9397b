package dev.zerolite.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** Where the PostgreSQL port's TLS certificate comes from. */
public sealed interface TlsConfig {
  /**
   * Made by zerolite, for this machine.
   *
   * @param directory where it is kept
   */
  record SelfSigned(Path directory) implements TlsConfig {
    public SelfSigned {
      requireNonNull(directory);
    }
  }

  /**
   * The user's own, in PEM files.
   *
   * @param certificate the certificate, then those that signed it
   * @param key its private key, in PKCS #8 and not encrypted
   */
  record Given(Path certificate, Path key) implements TlsConfig {
    public Given {
      requireNonNull(certificate);
      requireNonNull(key);
    }
  }
}

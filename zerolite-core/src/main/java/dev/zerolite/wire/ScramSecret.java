package dev.zerolite.wire;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the server keeps of a password: enough to check it, not enough to log in with (RFC 5803).
 */
public final class ScramSecret {
  static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;

  /** SCRAM_SHA_256_DEFAULT_ITERATIONS of common/scram-common.h. */
  static final int DEFAULT_ITERATIONS = 4096;

  /** SCRAM_DEFAULT_SALT_LEN of common/scram-common.h. */
  static final int SALT_LENGTH = 16;

  /** As in pg_authid.rolpassword. */
  private static final Pattern STORED =
      Pattern.compile("SCRAM-SHA-256\\$(\\d{1,9}):([^$:]+)\\$([^$:]+):([^$:]+)");

  private final int iterations;
  private final byte[] salt;
  private final byte[] storedKey;
  private final byte[] serverKey;

  ScramSecret(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) {
    this.iterations = iterations;
    this.salt = salt;
    this.storedKey = storedKey;
    this.serverKey = serverKey;
  }

  /** Derives the secret from a password, with a new random salt. */
  public static ScramSecret of(String password) {
    if (password.isEmpty()) {
      throw new IllegalArgumentException(
          "A password must not be empty; give one, or let every client in without (trust)");
    }
    byte[] salt = ScramFunctions.salt(SALT_LENGTH, new SecureRandom());
    byte[] salted = saltedPassword(password, salt, DEFAULT_ITERATIONS);
    return new ScramSecret(
        DEFAULT_ITERATIONS,
        salt,
        ScramFunctions.storedKey(MECHANISM, ScramFunctions.clientKey(MECHANISM, salted)),
        ScramFunctions.serverKey(MECHANISM, salted));
  }

  /** Reads PostgreSQL's own text form, {@code SCRAM-SHA-256$iterations:salt$stored:server}. */
  public static ScramSecret parse(String rolpassword) {
    Matcher stored = STORED.matcher(rolpassword);
    if (!stored.matches()) {
      throw new IllegalArgumentException("Not a SCRAM-SHA-256 secret of pg_authid.rolpassword");
    }
    Base64.Decoder base64 = Base64.getDecoder();
    return new ScramSecret(
        Integer.parseInt(stored.group(1)),
        base64.decode(stored.group(2)),
        base64.decode(stored.group(3)),
        base64.decode(stored.group(4)));
  }

  int iterations() {
    return iterations;
  }

  byte[] salt() {
    return salt.clone();
  }

  byte[] storedKey() {
    return storedKey.clone();
  }

  byte[] serverKey() {
    return serverKey.clone();
  }

  /** Whether this is the secret of that password, given in clear text. */
  boolean isOf(String password) {
    byte[] salted;
    try {
      salted = saltedPassword(password, salt, iterations);
    } catch (IllegalArgumentException emptyAfterNormalization) {
      return false;
    }
    return MessageDigest.isEqual(ScramFunctions.serverKey(MECHANISM, salted), serverKey);
  }

  private static byte[] saltedPassword(String password, byte[] salt, int iterations) {
    return ScramFunctions.saltedPassword(
        MECHANISM,
        StringPreparation.POSTGRESQL_PREPARATION,
        password.toCharArray(),
        salt,
        iterations);
  }
}

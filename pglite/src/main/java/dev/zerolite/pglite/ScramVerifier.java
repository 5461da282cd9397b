package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What PostgreSQL stores of a password (pg_authid.rolpassword, "SCRAM-SHA-256$…"). PostgreSQL would
 * work it out itself, in 4096 rounds that take a cold JVM a good part of a second.
 */
final class ScramVerifier {
  /** SCRAM_SHA_256_DEFAULT_ITERATIONS and SCRAM_DEFAULT_SALT_LEN of common/scram-common.h. */
  private static final int ITERATIONS = 4096;

  private static final int SALT_LENGTH = 16;
  private static final int KEY_BITS = 256;

  /** As parse_scram_secret() of auth-scram.c takes it apart. */
  private static final Pattern VERIFIER =
      Pattern.compile("SCRAM-SHA-256\\$(\\d{1,9}):([A-Za-z0-9+/]+={0,2})\\$.*");

  private ScramVerifier() {}

  /**
   * The password as ALTER ROLE … PASSWORD takes it: the verifier, or the password itself where
   * PostgreSQL normalises it first (SASLprep changes nothing in ASCII).
   */
  static String of(String password) {
    if (!isPlain(password)) {
      return password;
    }
    byte[] salt = new byte[SALT_LENGTH];
    new SecureRandom().nextBytes(salt);
    return of(password, salt, ITERATIONS);
  }

  /**
   * Whether PostgreSQL stores what {@link #of} makes of this password; false, too, where that takes
   * PostgreSQL to find out.
   */
  static boolean isOf(String password, String stored) {
    Matcher verifier = VERIFIER.matcher(stored);
    return isPlain(password)
        && verifier.matches()
        && of(
                password,
                Base64.getDecoder().decode(verifier.group(2)),
                Integer.parseInt(verifier.group(1)))
            .equals(stored);
  }

  private static boolean isPlain(String password) {
    return !password.isEmpty() && US_ASCII.newEncoder().canEncode(password);
  }

  private static String of(String password, byte[] salt, int iterations) {
    try {
      byte[] salted =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
              .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, KEY_BITS))
              .getEncoded();
      byte[] clientKey = hmac(salted, "Client Key");
      byte[] storedKey = MessageDigest.getInstance("SHA-256").digest(clientKey);
      Base64.Encoder base64 = Base64.getEncoder();
      return "SCRAM-SHA-256$%d:%s$%s:%s"
          .formatted(
              iterations,
              base64.encodeToString(salt),
              base64.encodeToString(storedKey),
              base64.encodeToString(hmac(salted, "Server Key")));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has these algorithms", e);
    }
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(UTF_8));
  }
}

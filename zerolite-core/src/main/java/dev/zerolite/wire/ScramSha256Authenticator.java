package dev.zerolite.wire;

import static dev.zerolite.wire.ConnectionRefusedException.protocolViolation;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.ongres.scram.common.ScramFunctions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;

/** PostgreSQL's method {@code scram-sha-256}; see CheckSASLAuth in libpq/auth-sasl.c. */
final class ScramSha256Authenticator implements Authenticator {
  private static final String MECHANISM = "SCRAM-SHA-256";

  private final RolePasswords passwords;
  private final SecureRandom random = new SecureRandom();

  /** Makes up the same salt for the same unknown role each time, as long as the server runs. */
  private final byte[] mockKey = ScramFunctions.salt(32, random);

  ScramSha256Authenticator(RolePasswords passwords) {
    this.passwords = requireNonNull(passwords);
  }

  @Override
  public void authenticate(String role, AuthenticationExchange exchange)
      throws ConnectionRefusedException, IOException {
    Optional<ScramSecret> secret = passwords.secretOf(role);
    byte[] clientFirst = initialResponse(exchange.offerSasl(MECHANISM));
    if (clientFirst == null) {
      clientFirst = exchange.continueSasl(new byte[0]);
    }
    // 18 random bytes in base64 are what PostgreSQL takes (SCRAM_RAW_NONCE_LEN); 24 characters
    ScramExchange scram =
        new ScramExchange(
            new String(clientFirst, UTF_8),
            ScramFunctions.nonce(24, random),
            secret.orElseGet(() -> mockSecret(role)));
    byte[] clientFinal = exchange.continueSasl(scram.serverFirst().getBytes(UTF_8));
    Optional<String> serverFinal = scram.serverFinal(new String(clientFinal, UTF_8));
    if (secret.isEmpty() || serverFinal.isEmpty()) {
      throw ConnectionRefusedException.wrongPassword(role);
    }
    exchange.finishSasl(serverFinal.get().getBytes(UTF_8));
  }

  /** The client-first-message in SASLInitialResponse: mechanism, length or -1, data. */
  private static byte[] initialResponse(byte[] body) throws ConnectionRefusedException {
    byte[] mechanism = (MECHANISM + "\0").getBytes(UTF_8);
    if (body.length < mechanism.length
        || !Arrays.equals(body, 0, mechanism.length, mechanism, 0, mechanism.length)) {
      throw protocolViolation("client selected an invalid SASL authentication mechanism");
    }
    ByteBuffer rest = ByteBuffer.wrap(body, mechanism.length, body.length - mechanism.length);
    int length = rest.remaining() < 4 ? Integer.MIN_VALUE : rest.getInt();
    if (length == -1 && !rest.hasRemaining()) {
      return null;
    }
    if (length < 0 || length != rest.remaining()) {
      throw protocolViolation("invalid SASL initial response");
    }
    byte[] data = new byte[length];
    rest.get(data);
    return data;
  }

  /** A role that does not exist gets the whole exchange too, so that nobody can guess names. */
  private ScramSecret mockSecret(String role) {
    byte[] digest = ScramFunctions.hmac(ScramSecret.MECHANISM, mockKey, role.getBytes(UTF_8));
    return new ScramSecret(
        ScramSecret.DEFAULT_ITERATIONS,
        Arrays.copyOf(digest, ScramSecret.SALT_LENGTH),
        digest,
        digest);
  }
}

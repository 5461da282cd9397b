package dev.zerolite.wire;

import static dev.zerolite.wire.ConnectionRefusedException.protocolViolation;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.ongres.scram.common.ScramFunctions;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The server's half of one SCRAM-SHA-256 exchange without channel binding (RFC 5802, RFC 7677).
 * Texts of errors are those of libpq/auth-scram.c.
 */
final class ScramExchange {
  /** gs2-header (flag, empty authzid), then n=, r=, and extensions that may be ignored. */
  private static final Pattern CLIENT_FIRST =
      Pattern.compile("(?<gs2>[ny],,)(?<bare>n=[^,]*,r=(?<nonce>[!-+\\--~]+)(,[A-Za-z]=[^,]*)*+)");

  /** Everything that the proof covers, then the proof, which comes last. */
  private static final Pattern CLIENT_FINAL =
      Pattern.compile(
          "(?<covered>c=(?<binding>[^,]*),r=(?<nonce>[^,]*)(,[a-oq-zA-Z]=[^,]*)*+),p=(?<proof>[^,]*)");

  private final ScramSecret secret;
  private final String gs2Header;
  private final String clientFirstBare;
  private final String nonce;

  ScramExchange(String clientFirst, String serverNonce, ScramSecret secret)
      throws ConnectionRefusedException {
    Matcher first = CLIENT_FIRST.matcher(clientFirst);
    if (!first.matches()) {
      throw malformedFirst(clientFirst);
    }
    this.secret = secret;
    this.gs2Header = first.group("gs2");
    this.clientFirstBare = first.group("bare");
    this.nonce = first.group("nonce") + serverNonce;
  }

  String serverFirst() {
    String salt = Base64.getEncoder().encodeToString(secret.salt());
    return "r=" + nonce + ",s=" + salt + ",i=" + secret.iterations();
  }

  /** The server's signature if the client knows the password. */
  Optional<String> serverFinal(String clientFinal) throws ConnectionRefusedException {
    Matcher last = CLIENT_FINAL.matcher(clientFinal);
    if (!last.matches()) {
      throw protocolViolation("malformed SCRAM message");
    }
    String binding = Base64.getEncoder().encodeToString(gs2Header.getBytes(UTF_8));
    if (!last.group("binding").equals(binding)) {
      throw protocolViolation("unexpected SCRAM channel-binding attribute in client-final-message");
    }
    if (!last.group("nonce").equals(nonce)) {
      throw protocolViolation("invalid SCRAM response");
    }
    byte[] proof = proof(last.group("proof"));
    String authMessage = clientFirstBare + "," + serverFirst() + "," + last.group("covered");
    if (!ScramFunctions.verifyClientProof(
        ScramSecret.MECHANISM, proof, secret.storedKey(), authMessage)) {
      return Optional.empty();
    }
    byte[] signature =
        ScramFunctions.serverSignature(ScramSecret.MECHANISM, secret.serverKey(), authMessage);
    return Optional.of("v=" + Base64.getEncoder().encodeToString(signature));
  }

  private byte[] proof(String base64) throws ConnectionRefusedException {
    try {
      byte[] proof = Base64.getDecoder().decode(base64);
      if (proof.length == secret.storedKey().length) {
        return proof;
      }
    } catch (IllegalArgumentException notBase64) {
      // refused below, like a proof of the wrong length
    }
    throw protocolViolation("malformed SCRAM message");
  }

  private static ConnectionRefusedException malformedFirst(String clientFirst) {
    if (clientFirst.startsWith("p=")) {
      return protocolViolation(
          "client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data");
    }
    if (clientFirst.matches("[ny],a=.*")) {
      return new ConnectionRefusedException(
          "0A000", "client uses authorization identity, but it is not supported");
    }
    if (clientFirst.matches("[ny],,m=.*")) {
      return new ConnectionRefusedException(
          "0A000", "client requires an unsupported SCRAM extension");
    }
    return protocolViolation("malformed SCRAM message");
  }
}

package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.StringPreparation;
import java.util.Base64;
import java.util.Optional;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.StringLength;

final class ScramExchangeTest {
  private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";

  private static final String SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

  @Example
  void agreesWithTheExampleOfRfc7677() throws ConnectionRefusedException {
    byte[] salt = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
    ScramExchange exchange =
        new ScramExchange(
            "n,,n=user,r=" + CLIENT_NONCE, SERVER_NONCE, secret("pencil", salt, 4096));

    assertThat(exchange.serverFirst())
        .isEqualTo("r=" + CLIENT_NONCE + SERVER_NONCE + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    assertThat(
            exchange.serverFinal(
                "c=biws,r="
                    + CLIENT_NONCE
                    + SERVER_NONCE
                    + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="))
        .contains("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  }

  @Property(tries = 30)
  void letsInWhoKnowsThePassword(@ForAll @NotEmpty @StringLength(max = 20) String password)
      throws ConnectionRefusedException {
    Assume.that(UTF_8.newEncoder().canEncode(password) && !normalizesToNothing(password));
    ScramSecret secret = ScramSecret.of(password);

    Optional<String> signature = login(secret, password);

    assertThat(signature).hasValueSatisfying(value -> assertThat(value).startsWith("v="));
    assertThat(secret.isOf(password)).isTrue();
  }

  @Property(tries = 30)
  void keepsOutWhoDoesNot(
      @ForAll @NotEmpty @StringLength(max = 20) String password,
      @ForAll @NotEmpty @StringLength(max = 20) String guess)
      throws ConnectionRefusedException {
    Assume.that(!normalizesToNothing(password) && !normalizesToNothing(guess));
    Assume.that(!normalized(password).equals(normalized(guess)));
    ScramSecret secret = ScramSecret.of(password);

    assertThat(login(secret, guess)).isEmpty();
    assertThat(secret.isOf(guess)).isFalse();
  }

  @Property
  void refusesAnyOtherFirstMessage(@ForAll String garbage) {
    Assume.that(!garbage.matches("[ny],,n=[^,]*,r=.*"));
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> new ScramExchange(garbage, SERVER_NONCE, anySecret()))
        .satisfies(refused -> assertThat(refused.sqlState()).isIn("08P01", "0A000"));
  }

  @Property
  void refusesAnyOtherFinalMessage(@ForAll String garbage) throws ConnectionRefusedException {
    ScramExchange exchange =
        new ScramExchange("n,,n=,r=" + CLIENT_NONCE, SERVER_NONCE, anySecret());
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> exchange.serverFinal(garbage))
        .returns("08P01", ConnectionRefusedException::sqlState);
  }

  @Example
  void aMessageFullOfExtensionsIsReadOrRefusedButNeverOverflows() throws Exception {
    ScramExchange exchange =
        new ScramExchange("y,,n=,r=abc" + ",x=".repeat(300), SERVER_NONCE, anySecret());
    assertThat(exchange.serverFirst()).startsWith("r=abc" + SERVER_NONCE + ",s=");
  }

  @Example
  void refusesAnotherNonceAndAnotherChannelBinding() throws ConnectionRefusedException {
    ScramExchange exchange =
        new ScramExchange("n,,n=,r=" + CLIENT_NONCE, SERVER_NONCE, anySecret());
    String nonce = CLIENT_NONCE + SERVER_NONCE;
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> exchange.serverFinal("c=biws,r=" + CLIENT_NONCE + ",p=AAAA"))
        .withMessage("invalid SCRAM response");
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> exchange.serverFinal("c=eSws,r=" + nonce + ",p=AAAA"))
        .withMessageContaining("channel-binding");
    assertThatExceptionOfType(ConnectionRefusedException.class)
        .isThrownBy(() -> exchange.serverFinal("c=biws,r=" + nonce + ",p=AAAA"))
        .withMessage("malformed SCRAM message");
  }

  /** What a client does; the library is a client's. */
  private static Optional<String> login(ScramSecret secret, String password)
      throws ConnectionRefusedException {
    String bare = "n=,r=" + CLIENT_NONCE;
    ScramExchange exchange = new ScramExchange("n,," + bare, SERVER_NONCE, secret);
    String covered = "c=biws,r=" + CLIENT_NONCE + SERVER_NONCE;
    String authMessage = bare + "," + exchange.serverFirst() + "," + covered;
    byte[] salted = salted(password, secret.salt(), secret.iterations());
    byte[] clientKey = ScramFunctions.clientKey(ScramSecret.MECHANISM, salted);
    byte[] signature =
        ScramFunctions.clientSignature(
            ScramSecret.MECHANISM,
            ScramFunctions.storedKey(ScramSecret.MECHANISM, clientKey),
            authMessage);
    byte[] proof = ScramFunctions.clientProof(clientKey, signature);
    return exchange.serverFinal(covered + ",p=" + Base64.getEncoder().encodeToString(proof));
  }

  private static ScramSecret anySecret() {
    return new ScramSecret(4096, new byte[16], new byte[32], new byte[32]);
  }

  private static ScramSecret secret(String password, byte[] salt, int iterations) {
    byte[] salted = salted(password, salt, iterations);
    return new ScramSecret(
        iterations,
        salt,
        ScramFunctions.storedKey(
            ScramSecret.MECHANISM, ScramFunctions.clientKey(ScramSecret.MECHANISM, salted)),
        ScramFunctions.serverKey(ScramSecret.MECHANISM, salted));
  }

  private static byte[] salted(String password, byte[] salt, int iterations) {
    return ScramFunctions.saltedPassword(
        ScramSecret.MECHANISM,
        StringPreparation.POSTGRESQL_PREPARATION,
        password.toCharArray(),
        salt,
        iterations);
  }

  private static boolean normalizesToNothing(String password) {
    try {
      normalized(password);
      return false;
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private static String normalized(String password) {
    return new String(StringPreparation.POSTGRESQL_PREPARATION.normalize(password.toCharArray()));
  }
}

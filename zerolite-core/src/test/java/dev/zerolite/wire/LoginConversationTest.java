package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever a client says when it is asked for its password, it is answered as by PostgreSQL. */
final class LoginConversationTest {
  private static final String CLIENT_FIRST = "n,,n=,r=0123456789abcdefghijklmn";

  private static ServerPair servers;

  @BeforeContainer
  static void start() throws IOException, BackendStartException, InterruptedException {
    servers = ServerPair.start();
    for (int port : List.of(servers.port(), servers.postgresPort())) {
      try (RawClient client = new RawClient(port).login("postgres", "postgres")) {
        for (String sql :
            List.of(
                "create role scram login password 'secret'",
                "create role plain login password 'secret'",
                "set password_encryption = 'md5'; create role hashed login password 'secret'")) {
          client.send(RawClient.query(sql)).readUntil('Z');
        }
      }
    }
    servers.authenticate(
        "host all scram all scram-sha-256",
        "host all plain all password",
        "host all hashed all md5",
        "host all rejected all reject",
        "host all postgres all trust",
        "host all all all scram-sha-256");
  }

  @AfterContainer
  static void stop() throws IOException {
    servers.close();
  }

  @Provide
  Arbitrary<String> users() {
    return Arbitraries.frequency(
        Tuple.of(6, "scram"),
        Tuple.of(1, "plain"),
        Tuple.of(1, "hashed"),
        Tuple.of(1, "nobody"),
        Tuple.of(1, "rejected"));
  }

  @Provide
  Arbitrary<List<FrontendMessage>> replies() {
    return Arbitraries.frequencyOf(
            Tuple.of(6, sasl()),
            Tuple.of(2, password()),
            Tuple.of(1, Arbitraries.of(FrontendMessage.query("select 1"), FrontendMessage.sync())),
            Tuple.of(1, Arbitraries.just(FrontendMessage.terminate())),
            Tuple.of(1, truncated()),
            Tuple.of(1, bytes(40).map(FrontendMessage::raw)))
        .list()
        .ofMaxSize(3);
  }

  @Property(tries = 60)
  void isAnsweredAsByPostgres(
      @ForAll("users") String user, @ForAll("replies") List<FrontendMessage> replies)
      throws IOException {
    assertThat(answers(servers.port(), user, replies))
        .as("answers to %s, who says %s", user, replies)
        .isEqualTo(answers(servers.postgresPort(), user, replies));
  }

  private static List<String> answers(int port, String user, List<FrontendMessage> replies)
      throws IOException {
    List<String> answers = new ArrayList<>();
    try (RawClient client = new RawClient(port)) {
      client.send(RawClient.startup(RawClient.PROTOCOL_3_0, "user", user, "database", "postgres"));
      // one reply to each question, so that what PostgreSQL has not read resets no connection
      for (FrontendMessage reply : replies) {
        answers.add(readable(client.read()));
        client.send(reply.bytes());
      }
      client.endOutput();
      while (true) {
        answers.add(readable(client.read()));
      }
    } catch (EOFException | SocketException closed) {
      answers.add("closed");
    }
    return answers;
  }

  private static String readable(RawClient.Message message) {
    // the rest of a question is random, as are the keys of those that guess a password
    return switch (message.type()) {
      case 'R' -> "R " + message.firstInt();
      case 'K' -> "K";
      case 'S' -> "S";
      default -> Conversation.readable(message);
    };
  }

  private static Arbitrary<FrontendMessage> sasl() {
    Arbitrary<String> mechanism =
        Arbitraries.of("SCRAM-SHA-256", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "", "MD5");
    Arbitrary<String> first =
        Arbitraries.of(
            CLIENT_FIRST,
            CLIENT_FIRST,
            "n,,n=,r=",
            "y,,n=,r=abc",
            "p=tls-server-end-point,,n=,r=abc",
            "n,a=admin,n=,r=abc",
            "n,,m=ext,n=,r=abc",
            "n,,n=\u0001,r=\u0002",
            "",
            "n",
            "n,,",
            "n,,r=abc,n=",
            "c=biws,r=abc,p=AAAA",
            "n,,n=x,r=" + "z".repeat(2000));
    Arbitrary<Integer> difference = Arbitraries.of(0, 0, 0, 0, 1, -1, 100, -100_000);
    return Combinators.combine(mechanism, first, difference)
        .as(
            (name, text, wrongBy) -> {
              byte[] nameBytes = (name + "\0").getBytes(UTF_8);
              byte[] textBytes = text.getBytes(UTF_8);
              byte[] body =
                  ByteBuffer.allocate(nameBytes.length + 4 + textBytes.length)
                      .put(nameBytes)
                      .putInt(textBytes.length + wrongBy)
                      .put(textBytes)
                      .array();
              return FrontendMessage.raw(RawClient.message('p', body));
            });
  }

  private static Arbitrary<FrontendMessage> password() {
    return Arbitraries.oneOf(
            Arbitraries.of(
                    "secret\0",
                    "wrong\0",
                    "secret",
                    "\0",
                    "",
                    "md5" + "0".repeat(32) + "\0",
                    "a\0b\0")
                .map(text -> text.getBytes(UTF_8)),
            bytes(30))
        .map(body -> FrontendMessage.raw(RawClient.message('p', body)));
  }

  private static Arbitrary<FrontendMessage> truncated() {
    return Combinators.combine(
            Arbitraries.of('p', 'Q', 'X'),
            Arbitraries.of(-1, 0, 3, 4, 5, 1000, 65_536, 0x7fff_ffff),
            bytes(10))
        .as(
            (type, length, bytes) ->
                FrontendMessage.raw(
                    ByteBuffer.allocate(5 + bytes.length)
                        .put((byte) (char) type)
                        .putInt(length)
                        .put(bytes)
                        .array()));
  }

  private static Arbitrary<byte[]> bytes(int most) {
    return Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(most);
  }
}

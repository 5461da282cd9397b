package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When notifications come: to an idle client at once, to others right before ReadyForQuery. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class NotificationTest {
  private ServerPair servers;

  private enum Server {
    OURS,
    POSTGRES
  }

  @BeforeAll
  void start() throws IOException, BackendStartException, InterruptedException {
    servers = ServerPair.start();
  }

  @AfterAll
  void stop() throws IOException {
    servers.close();
  }

  @ParameterizedTest
  @EnumSource
  void comeWhenTheProtocolLetsThem(Server server) throws IOException {
    int port = server == Server.OURS ? servers.port() : servers.postgresPort();
    try (RawClient listener = new RawClient(port).login("postgres", "postgres");
        RawClient sender = new RawClient(port).login("postgres", "postgres")) {
      assertThat(ask(listener, "listen news")).containsExactly("C", "Z I");

      // an idle client need not ask
      ask(sender, "begin; notify news, 'one'");
      assertThat(ask(listener, "select 1")).containsExactly("T", "D", "C", "Z I");
      ask(sender, "commit");
      assertThat(readable(listener.read())).isEqualTo("A news one");

      // in a transaction it is not disturbed
      assertThat(ask(listener, "begin")).containsExactly("C", "Z T");
      ask(sender, "notify news, 'two'; notify news, 'two'; select pg_notify('news', 'three')");
      assertThat(ask(listener, "select 1")).containsExactly("T", "D", "C", "Z T");
      assertThat(ask(listener, "commit")).containsExactly("C", "A news two", "A news three", "Z I");

      // its own, together with what else it asked for
      assertThat(ask(listener, "notify news, 'four'; select 1"))
          .containsExactly("C", "T", "D", "C", "A news four", "Z I");

      ask(sender, "begin; notify news, 'never'; rollback");
      assertThat(ask(listener, "unlisten news")).containsExactly("C", "Z I");
      ask(sender, "notify news, 'five'");
      assertThat(ask(listener, "select 1")).containsExactly("T", "D", "C", "Z I");
    }
  }

  private static List<String> ask(RawClient client, String sql) throws IOException {
    return client.send(RawClient.query(sql)).readUntil('Z').stream()
        .map(NotificationTest::readable)
        .toList();
  }

  private static String readable(RawClient.Message message) {
    String body = new String(message.body(), UTF_8);
    return switch (message.type()) {
      case 'A' -> "A " + body.substring(4).strip().replace('\0', ' ').strip();
      case 'Z' -> "Z " + body;
      default -> String.valueOf(message.type());
    };
  }
}

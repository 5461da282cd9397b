package dev.zerolite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.testing.NativePostgres;
import java.io.IOException;
import java.util.List;

/** Ours and a native server that is asked what is right. */
final class ServerPair implements AutoCloseable {
  private final NativePostgres postgres;
  private final Cluster cluster;
  private final WireServer ours;

  private ServerPair(NativePostgres postgres, Cluster cluster, WireServer ours) {
    this.postgres = postgres;
    this.cluster = cluster;
    this.ours = ours;
  }

  static ServerPair start() throws IOException, BackendStartException, InterruptedException {
    NativePostgres postgres = NativePostgres.start();
    Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    return new ServerPair(postgres, cluster, WireServer.start(WireConfig.onLoopback(0), cluster));
  }

  /** Has the same conversation with both. */
  void compare(Conversation conversation) throws IOException, InterruptedException {
    var expected = conversation.with(postgres.port());
    assertThat(conversation.with(ours.port()))
        .as("answers to %s", conversation)
        .isEqualTo(expected);
  }

  /** What each of them tells a client that logs in. */
  record Greetings(List<String> postgres, List<String> ours) {}

  Greetings greetings() throws IOException {
    return new Greetings(greeting(postgres.port()), greeting(ours.port()));
  }

  private static List<String> greeting(int port) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(
          RawClient.startup(RawClient.PROTOCOL_3_0, "user", "postgres", "TimeZone", "Asia/Tokyo"));
      return client.readUntil('Z').stream()
          .filter(message -> message.type() != 'K')
          .map(message -> message.type() + " " + FrontendMessage.readable(message.body()))
          .sorted()
          .map(text -> text.replaceFirst("(server_version.x00[0-9.]+) \\(.*\\)", "$1"))
          .toList();
    }
  }

  int port() {
    return ours.port();
  }

  int postgresPort() {
    return postgres.port();
  }

  @Override
  public void close() throws IOException {
    ours.close();
    cluster.close();
    postgres.close();
  }
}

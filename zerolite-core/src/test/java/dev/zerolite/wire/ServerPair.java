package dev.zerolite.wire;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.testing.NativePostgres;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** Ours and a native server that is asked what is right. */
final class ServerPair implements AutoCloseable {
  /** AUTH_REQ_SASL of libpq/protocol.h. */
  private static final int AUTHENTICATION_SASL = 10;

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
    List<String> expected = conversation.with(postgres.port());
    List<String> actual = conversation.with(ours.port());
    int most = Math.min(known(expected), known(actual));
    int same = 0;
    int common = Math.min(most, Math.min(expected.size(), actual.size()));
    while (same < common && expected.get(same).equals(actual.get(same))) {
      same++;
    }
    // a COPY's answer is long: only what is around the difference tells something
    assertThat(around(same, most, actual))
        .as("answers from number %d on to %s", same, conversation)
        .isEqualTo(around(same, most, expected));
  }

  /** How many answers may be compared: a connection that was reset may have lost the rest. */
  private static int known(List<String> answers) {
    int last = answers.size() - 1;
    return answers.get(last).equals(Conversation.RESET) ? last : Integer.MAX_VALUE;
  }

  private static List<String> around(int index, int most, List<String> answers) {
    int end = Math.min(most, Math.min(answers.size(), index + 5));
    return answers.subList(Math.max(0, Math.min(end, index - 3)), end);
  }

  /** Sends both the same first packet, and compares what they answer until they wait or close. */
  void compareGreetings(byte[] startup) throws IOException {
    assertThat(greeting(ours.port(), startup))
        .as("answers to %s", FrontendMessage.readable(startup))
        .isEqualTo(greeting(postgres.port(), startup));
  }

  private static List<String> greeting(int port, byte[] startup) throws IOException {
    List<String> answers = new ArrayList<>();
    try (RawClient client = new RawClient(port)) {
      client.send(startup);
      RawClient.Message message;
      do {
        message = client.read();
        if (message.type() == 'K') {
          answers.add("K of " + message.body().length + " bytes");
        } else {
          // without what the distributor adds to the version
          answers.add(
              Conversation.readable(message)
                  .replaceFirst("(server_version.x00[0-9.]+) \\(.*\\)", "$1"));
        }
      } while (message.type() != 'Z');
    } catch (EOFException closed) {
      answers.add("closed");
    } catch (SocketException reset) {
      answers.add(Conversation.RESET);
    }
    Collections.sort(answers);
    return answers;
  }

  /**
   * Gives both the lines of pg_hba.conf.
   *
   * @param lines of which the last one asks everybody else for SCRAM-SHA-256; {@code postgres} is
   *     to be trusted
   */
  void authenticate(String... lines) throws IOException {
    String rows = Stream.of(lines).map(line -> "('" + line + "')").collect(joining(", "));
    for (int port : List.of(ours.port(), postgres.port())) {
      try (RawClient client = new RawClient(port).login("postgres", "postgres")) {
        client.send(
            RawClient.query(
                "do $$ begin execute format($f$copy (values %s) to %%L$f$, current_setting('hba_file')); end $$"
                    .formatted(rows)));
        client.readUntil('Z');
        client.send(RawClient.query("select pg_reload_conf()")).readUntil('Z');
      }
      awaitReload(port);
    }
  }

  /** A native postmaster reads the file when it gets to it. */
  private static void awaitReload(int port) throws IOException {
    long deadline = System.nanoTime() + 20_000_000_000L;
    RawClient.Message first;
    do {
      assertThat(System.nanoTime()).as("pg_hba.conf is not read").isLessThan(deadline);
      try (RawClient client = new RawClient(port)) {
        client.send(RawClient.startup(RawClient.PROTOCOL_3_0, "user", "anybody"));
        first = client.read();
      }
    } while (first.type() != 'R' || first.firstInt() != AUTHENTICATION_SASL);
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

package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that do not read what they asked for, or go away meanwhile. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class SlowReaderTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ROWS = 200;
  private static final int ROW_BYTES = 1_000_000;

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
  void holdNobodyUpAndGetEverythingInTheEnd(Server server) throws IOException {
    try (RawClient slow = login(server);
        RawClient busy = login(server)) {
      int pid = ask(slow);
      awaitWait(busy, pid, "ClientWrite");

      for (int i = 0; i < 50; i++) {
        assertThat(one(busy, "select " + i)).isEqualTo(Integer.toString(i));
      }
      // still there: nobody collects the 200 MB for it
      awaitWait(busy, pid, "ClientWrite");

      long bytes = 0;
      for (int row = 0; row < ROWS; row++) {
        RawClient.Message message = slow.read();
        assertThat(message.type()).isEqualTo('D');
        bytes += message.body().length - 6;
      }
      assertThat(bytes).isEqualTo((long) ROWS * ROW_BYTES);
      slow.readUntil('Z');
    }
  }

  @ParameterizedTest
  @EnumSource
  void areRolledBackWhenTheyVanish(Server server) throws IOException {
    try (RawClient busy = login(server)) {
      RawClient slow = login(server);
      slow.send(RawClient.query("begin; select pg_advisory_xact_lock(8)")).readUntil('Z');
      int pid = ask(slow);
      awaitWait(busy, pid, "ClientWrite");

      slow.reset();

      assertThat(one(busy, "select pg_advisory_lock(8)::text || 'granted'")).isEqualTo("granted");
      awaitWait(busy, pid, "gone");
    }
  }

  @ParameterizedTest
  @EnumSource
  void areNoticedDuringTheirStatementIfTheyAskForIt(Server server) throws IOException {
    try (RawClient busy = login(server)) {
      RawClient gone = login(server);
      gone.send(RawClient.query("set client_connection_check_interval = 100")).readUntil('Z');
      int pid = Integer.parseInt(one(gone, "select pg_backend_pid()"));
      gone.send(RawClient.query("select pg_sleep(600)"));
      awaitWait(busy, pid, "PgSleep");

      gone.close();

      awaitWait(busy, pid, "gone");
    }
  }

  @ParameterizedTest
  @EnumSource
  void areNoticedByWhatCannotBeSent(Server server) throws IOException {
    try (RawClient busy = login(server)) {
      RawClient gone = login(server);
      int pid = Integer.parseInt(one(gone, "select pg_backend_pid()"));
      gone.send(RawClient.query("select generate_series(1, 2000000000)")).readUntil('T');

      gone.reset();

      awaitWait(busy, pid, "gone");
    }
  }

  /** As with a native server, which does not say why: the client would have to read that too. */
  @ParameterizedTest
  @EnumSource
  void areEndedByPgTerminateBackend(Server server) throws IOException {
    try (RawClient slow = login(server);
        RawClient busy = login(server)) {
      slow.send(RawClient.query("begin; select pg_advisory_xact_lock(9)")).readUntil('Z');
      int pid = ask(slow);
      awaitWait(busy, pid, "ClientWrite");

      assertThat(one(busy, "select pg_terminate_backend(" + pid + ")")).isEqualTo("t");

      assertThat(one(busy, "select pg_advisory_lock(9)::text || 'granted'")).isEqualTo("granted");
      awaitWait(busy, pid, "gone");
      assertThatThrownBy(
              () -> {
                while (slow.read().type() == 'D') {
                  // what was on its way
                }
              })
          .isInstanceOf(EOFException.class);
    }
  }

  /** ProcessClientWriteInterrupt() of postgres.c ends a session, but cancels no statement. */
  @ParameterizedTest
  @EnumSource
  void areCancelledWhenTheyRead(Server server) throws IOException {
    try (RawClient slow = login(server);
        RawClient busy = login(server)) {
      int pid = ask(slow);
      awaitWait(busy, pid, "ClientWrite");

      assertThat(one(busy, "select pg_cancel_backend(" + pid + ")")).isEqualTo("t");

      assertCancelled(slow, "canceling statement due to user request");
    }
  }

  @ParameterizedTest
  @EnumSource
  void areTimedOutWhenTheyRead(Server server) throws IOException {
    try (RawClient slow = login(server);
        RawClient busy = login(server)) {
      slow.send(RawClient.query("set statement_timeout = '1s'")).readUntil('Z');
      int pid = ask(slow);
      awaitWait(busy, pid, "ClientWrite");

      one(busy, "select pg_sleep(1.1)");

      assertCancelled(slow, "canceling statement due to statement timeout");
    }
  }

  @Test
  void doNotKeepAClusterFromRecovering() throws Exception {
    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        WireServer server = WireServer.start(WireConfig.onLoopback(0), cluster);
        RawClient slow = new RawClient(server.port()).login("postgres", "postgres");
        RawClient busy = new RawClient(server.port()).login("postgres", "postgres")) {
      awaitWait(busy, ask(slow), "ClientWrite");

      // a number that is taken for an address
      busy.send(
          RawClient.query(
              "create function wild(int) returns int language internal strict as 'textlen';"
                  + " select wild(2000000000)"));

      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!answersLogin(server)) {
        assertThat(System.nanoTime()).as("no recovery").isLessThan(deadline);
      }
    }
  }

  /** False also if nothing is said: a backend that was just being started dies silently. */
  private static boolean answersLogin(WireServer server) throws IOException {
    try (RawClient next = new RawClient(server.port())) {
      next.send(RawClient.startup(RawClient.PROTOCOL_3_0, "user", "postgres"));
      return next.read().type() == 'R';
    } catch (EOFException | SocketException e) {
      return false;
    }
  }

  private static void assertCancelled(RawClient client, String message) throws IOException {
    RawClient.Message answer = client.read();
    int rows = 0;
    while (answer.type() == 'D') {
      rows++;
      answer = client.read();
    }
    assertThat(rows).isLessThan(ROWS);
    assertThat(answer.fields()).containsEntry('C', "57014").containsEntry('M', message);
    client.readUntil('Z');
  }

  private RawClient login(Server server) throws IOException {
    int port = server == Server.OURS ? servers.port() : servers.postgresPort();
    return new RawClient(port).login("postgres", "postgres");
  }

  /** Asks for much and reads none of it; returns the session's pid. */
  private static int ask(RawClient client) throws IOException {
    int pid = Integer.parseInt(one(client, "select pg_backend_pid()"));
    client.send(
        RawClient.query(
            "select repeat('x', " + ROW_BYTES + ") from generate_series(1, " + ROWS + ")"));
    client.readUntil('T');
    return pid;
  }

  private static void awaitWait(RawClient watcher, int pid, String event) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String now = waitEvent(watcher, pid);
    while (!now.equals(event)) {
      assertThat(System.nanoTime()).as("waits for " + now).isLessThan(deadline);
      now = waitEvent(watcher, pid);
    }
  }

  private static String waitEvent(RawClient watcher, int pid) throws IOException {
    return one(
        watcher,
        "select coalesce((select coalesce(wait_event, '') from pg_stat_activity where pid = "
            + pid
            + "), 'gone')");
  }

  private static String one(RawClient client, String sql) throws IOException {
    client.send(RawClient.query(sql));
    byte[] row = client.readUntil('Z').get(1).body();
    return new String(row, 6, row.length - 6, US_ASCII);
  }
}

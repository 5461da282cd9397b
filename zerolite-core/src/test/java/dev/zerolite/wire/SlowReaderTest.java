package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Clients that do not read what they asked for, or go away meanwhile, on our own PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class SlowReaderTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ROWS = 200;
  private static final int ROW_BYTES = 1_000_000;

  private Cluster cluster;
  private WireServer server;

  @BeforeAll
  void start() throws IOException, BackendStartException, InterruptedException {
    cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
    server = WireServer.start(WireConfig.onLoopback(0), cluster);
  }

  @AfterAll
  void stop() {
    server.close();
    cluster.close();
  }

  @Test
  void holdNobodyUpAndGetEverythingInTheEnd() throws IOException {
    try (RawClient slow = login();
        RawClient busy = login()) {
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

  @Test
  void areRolledBackWhenTheyVanish() throws IOException {
    try (RawClient busy = login()) {
      RawClient slow = login();
      slow.send(RawClient.query("begin; select pg_advisory_xact_lock(8)")).readUntil('Z');
      int pid = ask(slow);
      awaitWait(busy, pid, "ClientWrite");

      slow.reset();

      assertThat(one(busy, "select pg_advisory_lock(8)::text || 'granted'")).isEqualTo("granted");
      awaitWait(busy, pid, "gone");
    }
  }

  @Test
  void areNoticedDuringTheirStatementIfTheyAskForIt() throws IOException {
    try (RawClient busy = login()) {
      RawClient gone = login();
      gone.send(RawClient.query("set client_connection_check_interval = 100")).readUntil('Z');
      int pid = Integer.parseInt(one(gone, "select pg_backend_pid()"));
      gone.send(RawClient.query("select pg_sleep(600)"));
      awaitWait(busy, pid, "PgSleep");

      gone.close();

      awaitWait(busy, pid, "gone");
    }
  }

  private RawClient login() throws IOException {
    return new RawClient(server.port()).login("postgres", "postgres");
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

package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.testing.TestCluster;
import dev.zerolite.testing.TestClusterExtension;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that vanishes, at whatever byte, is rolled back and leaves nothing behind. */
@ExtendWith(TestClusterExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
final class DisconnectTest {
  private static final byte[] PARSE = RawClient.message('P', "\0select 1\0\0\0".getBytes(UTF_8));
  private static final byte[] BIND = RawClient.message('B', new byte[8]);

  private final TestCluster postgres;
  private WireServer server;

  DisconnectTest(TestCluster postgres) {
    this.postgres = postgres;
  }

  /** What the client does last, in a transaction that holds the advisory lock 7. */
  private enum State {
    IDLE_IN_TRANSACTION {
      @Override
      void reach(RawClient client) {}
    },
    FAILED_TRANSACTION {
      @Override
      void reach(RawClient client) throws IOException {
        client.send(RawClient.query("select 1/0")).readUntil('E');
      }
    },
    BETWEEN_PARSE_AND_SYNC {
      @Override
      void reach(RawClient client) throws IOException {
        client.send(PARSE, BIND, RawClient.message('H', new byte[0])).readUntil('2');
      }
    },
    IN_A_MESSAGE {
      @Override
      void reach(RawClient client) throws IOException {
        client.send(Arrays.copyOf(RawClient.query("select 1"), 9));
      }
    },
    IN_A_MESSAGE_HEADER {
      @Override
      void reach(RawClient client) throws IOException {
        client.send(new byte[] {'Q', 0});
      }
    },
    IN_COPY {
      @Override
      void reach(RawClient client) throws IOException {
        client.send(RawClient.query("create temp table t (a int); copy t from stdin"));
        client.readUntil('G');
        client.send(RawClient.message('d', "1\n2".getBytes(UTF_8)));
      }
    },
    NOT_READING_A_LARGE_ANSWER {
      @Override
      void reach(RawClient client) throws IOException {
        client.send(RawClient.query("select repeat('x', 100000) from generate_series(1, 1000)"));
        client.readUntil('T');
      }
    };

    abstract void reach(RawClient client) throws IOException;
  }

  private enum Farewell {
    RESET {
      @Override
      void leave(RawClient client) throws IOException {
        client.reset();
      }
    },
    CLOSE {
      @Override
      void leave(RawClient client) throws IOException {
        client.close();
      }
    };

    abstract void leave(RawClient client) throws IOException;
  }

  @BeforeAll
  void start() throws IOException {
    server = WireServer.start(WireConfig.onLoopback(0), postgres.backends());
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource(State.class)
  void freesWhatTheSessionHeld(State state) throws IOException, SQLException {
    for (Farewell farewell : Farewell.values()) {
      RawClient client = new RawClient(server.port()).login("postgres", "postgres");
      client.send(RawClient.query("begin; select pg_advisory_xact_lock(7)")).readUntil('Z');
      state.reach(client);

      farewell.leave(client);

      assertLockIsFreeSoon();
    }
  }

  @Test
  void ofAHalfClosedClientEveryStatementIsStillAnswered() throws IOException {
    try (RawClient client = new RawClient(server.port()).login("postgres", "postgres")) {
      client.send(RawClient.query("select pg_sleep(0.1)"), RawClient.query("select 2"));
      client.endOutput();

      client.readUntil('Z');
      client.readUntil('Z');
      assertThat(client.readByte()).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 7, 8, 12, 40})
  void inTheStartupPacketKeepsNoPlace(int bytes) throws IOException {
    byte[] startup = RawClient.startup(RawClient.PROTOCOL_3_0, "user", "postgres", "a", "b");
    for (int i = 0; i < 10; i++) {
      RawClient client = new RawClient(server.port());
      client.send(Arrays.copyOf(startup, Math.min(bytes, startup.length - 1)));
      client.reset();
    }
    new RawClient(server.port()).login("postgres", "postgres").close();
  }

  private void assertLockIsFreeSoon() throws SQLException {
    try (Connection other =
            DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + server.port() + "/postgres", "postgres", null);
        Statement statement = other.createStatement()) {
      statement.execute("set lock_timeout = '20s'");
      statement.execute("select pg_advisory_lock(7)");
    }
  }
}

package dev.zerolite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/** Whatever a client sends, the server answers by an ErrorResponse and a close, and never hangs. */
final class GarbageTest {
  private static final BackendStarter NOBODY_GETS_IN =
      (client, output) -> {
        throw new BackendStartException("57P03", "the database system is starting up");
      };

  private WireServer server;

  @BeforeProperty
  void start() throws IOException {
    server = WireServer.start(WireConfig.onLoopback(0), NOBODY_GETS_IN);
  }

  @AfterProperty
  void stop() {
    server.close();
  }

  @Property(tries = 100)
  void asStartupPacket(@ForAll @Size(min = 1, max = 100) byte[] garbage) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(garbage).endOutput();
      assertRefused(client);
    }
  }

  @Property(tries = 100)
  void inAStartupPacketOfRightLength(@ForAll @Size(max = 100) byte[] garbage) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.packet(garbage)).endOutput();
      assertRefused(client);
    }
  }

  private static void assertRefused(RawClient client) throws IOException {
    int first = client.readByte();
    while (first == 'N') {
      first = client.readByte();
    }
    // who says nothing after 'N' is not answered
    assertThat(first).isIn((int) 'E', -1);
  }
}

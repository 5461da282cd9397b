package dev.zerolite.e2e;

import dev.zerolite.ZeroLite;
import dev.zerolite.config.AppCommand;
import dev.zerolite.config.ReplicationMode;
import dev.zerolite.config.ZeroLiteConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The scenarios against zerolite: our PostgreSQL, our migrations, our zero-cache, the endpoint as
 * the user's app.
 */
class ZeroLiteEndToEndTest extends ZeroClientScenarios {
  /** How zero-cache gets its changes. */
  ReplicationMode replication() {
    return ReplicationMode.AUTO;
  }

  @Override
  Stack start(ScenarioProgram program) throws Exception {
    int port = freePort();
    var endpoint = "http://127.0.0.1:" + port;
    var config =
        ZeroLiteConfig.builder(program.directory())
            .postgresPort(0)
            .zeroCachePort(0)
            .ephemeral()
            .runS3(false)
            .replication(replication())
            .zeroCacheEnvironment(
                Map.of(
                    "ZERO_QUERY_URL", endpoint + "/query", "ZERO_MUTATE_URL", endpoint + "/mutate"))
            .app(
                new AppCommand(
                    "node app/main.mjs", OptionalInt.of(port), Optional.empty(), Map.of()))
            .build();
    var zerolite = ZeroLite.start(config);
    return new Stack(zerolite.postgresUrl(), zerolite.zeroCacheUrl(), zerolite);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}

package dev.zerolite.pglite.testing;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.ClientAddress;
import dev.zerolite.pglite.ClientOutput;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/** A native PostgreSQL 18 in a temporary directory, the reference. */
public final class NativeServer implements BackendStarter, AutoCloseable {
  private final EmbeddedPostgres server;

  private NativeServer(EmbeddedPostgres server) {
    this.server = server;
  }

  public static NativeServer start(Map<String, String> settings) throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setLocaleConfig("locale", "C.UTF-8")
            .setPGStartupWait(Duration.ofSeconds(60));
    settings.forEach(builder::setServerConfig);
    return new NativeServer(builder.start());
  }

  @Override
  public Backend connect(ClientAddress client, ClientOutput output) throws BackendStartException {
    return NativeSession.connect(server.getPort(), output);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

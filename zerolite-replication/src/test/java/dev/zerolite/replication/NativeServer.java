package dev.zerolite.replication;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** A native PostgreSQL 18 in a temporary directory, the reference. */
final class NativeServer implements PgServer {
  private final EmbeddedPostgres server;

  private NativeServer(EmbeddedPostgres server) {
    this.server = server;
  }

  static NativeServer start(Map<String, String> settings) throws IOException {
    Map<String, String> all = new HashMap<>(SETTINGS);
    all.putAll(settings);
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setLocaleConfig("locale", "C.UTF-8")
            .setPGStartupWait(Duration.ofSeconds(60));
    all.forEach(builder::setServerConfig);
    return new NativeServer(builder.start());
  }

  @Override
  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return "native";
  }
}

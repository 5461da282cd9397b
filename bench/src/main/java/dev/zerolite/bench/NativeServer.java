package dev.zerolite.bench;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.time.Duration;

/** A native PostgreSQL 18 with the settings of ours, on a free port. */
record NativeServer(EmbeddedPostgres server) implements AutoCloseable {

  static NativeServer start() throws IOException {
    return new NativeServer(
        EmbeddedPostgres.builder()
            .setServerConfig("wal_level", "logical")
            // As ours in memory.
            .setServerConfig("fsync", "off")
            .setLocaleConfig("locale", "C.UTF-8")
            .setPGStartupWait(Duration.ofSeconds(60))
            .start());
  }

  Endpoint endpoint() {
    return new Endpoint(
        "PostgreSQL",
        "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(server.getPort()),
        "postgres",
        "postgres");
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

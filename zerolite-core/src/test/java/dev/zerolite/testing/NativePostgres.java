package dev.zerolite.testing;

import dev.zerolite.pglite.BackendStarter;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/**
 * A native PostgreSQL 18 with empty databases, started in a temporary directory, with {@code
 * wal_level=logical}; every client on loopback is trusted. Superuser and first database are both
 * called {@code postgres}.
 *
 * <p>Tests get one from {@link NativePostgresExtension}, which is shared, or start their own.
 */
public final class NativePostgres implements AutoCloseable {
  private final EmbeddedPostgres server;

  private NativePostgres(EmbeddedPostgres server) {
    this.server = server;
  }

  /** Starts a server with default settings. */
  public static NativePostgres start() throws IOException {
    return start(Map.of());
  }

  /** Starts a server with additional settings of postgresql.conf. */
  public static NativePostgres start(Map<String, String> settings) throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setServerConfig("wal_level", "logical")
            .setLocaleConfig("locale", "C.UTF-8")
            .setPGStartupWait(Duration.ofSeconds(60));
    settings.forEach(builder::setServerConfig);
    return new NativePostgres(builder.start());
  }

  /** The port on 127.0.0.1. */
  public int port() {
    return server.getPort();
  }

  /** Connects directly, as superuser. */
  public Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(server.getJdbcUrl("postgres", database));
  }

  /** Sessions of this server, for the wire server to put clients in front of. */
  public BackendStarter backends() {
    return (client, output) -> NativeBackend.connect(port(), output);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

package dev.zerolite.drivers;

import dev.zerolite.ZeroLite;
import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.testing.NativePostgres;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives test classes that name it in {@code @ExtendWith} a {@link Server}. All of one test run
 * share the same zerolite, which stops when the run ends.
 *
 * <p>{@code -Dzerolite.drivers.native=true} puts a native PostgreSQL in its place, to see whether a
 * test expects something that PostgreSQL does not do.
 */
final class ServerExtension implements ParameterResolver {
  private record Running(Closeable process, Server server) implements Closeable {
    @Override
    public void close() throws IOException {
      process.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Server.class;
  }

  @Override
  public Server resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(ServerExtension.class))
        .getOrComputeIfAbsent(Running.class, key -> start(), Running.class)
        .server();
  }

  private static Running start() {
    try {
      return Boolean.getBoolean("zerolite.drivers.native") ? startNative() : startZeroLite();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (Exception e) {
      throw new IllegalStateException("The server did not start: " + e.getMessage(), e);
    }
  }

  private static Running startNative() throws IOException {
    var postgres = NativePostgres.start();
    return new Running(
        postgres::close,
        new Server(
            "127.0.0.1",
            postgres.port(),
            "postgres",
            "any",
            Optional.empty(),
            new AtomicInteger()));
  }

  private static Running startZeroLite() throws Exception {
    var app = Files.createDirectories(Path.of("target", "app"));
    var config =
        ZeroLiteConfig.builder(app)
            .ephemeral()
            .postgresPort(0)
            .tls()
            .runZeroCache(false)
            .runS3(false)
            .build();
    var zerolite = ZeroLite.start(config);
    return new Running(
        zerolite::close,
        Server.at(
            URI.create(zerolite.postgresUrl()),
            app.resolve(".zerolite/tls/server.crt").toAbsolutePath()));
  }
}

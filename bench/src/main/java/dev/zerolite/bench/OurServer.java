package dev.zerolite.bench;

import dev.zerolite.ZeroLite;
import dev.zerolite.config.ZeroLiteConfig;
import java.nio.file.Files;
import java.nio.file.Path;

/** Ours in this JVM, on a free port, without zero-cache. */
record OurServer(ZeroLite zerolite, Path app) implements AutoCloseable {

  static OurServer start() throws Exception {
    var app = Files.createTempDirectory("zerolite-bench-");
    return new OurServer(
        ZeroLite.start(
            ZeroLiteConfig.builder(app)
                .postgresPort(0)
                .ephemeral()
                .runZeroCache(false)
                .runS3(false)
                .build()),
        app);
  }

  Endpoint endpoint() {
    var address = zerolite.postgresUrl().replaceFirst(".*@", "");
    return new Endpoint("zerolite", "jdbc:postgresql://" + address, "user", "password");
  }

  @Override
  public void close() {
    zerolite.close();
  }
}

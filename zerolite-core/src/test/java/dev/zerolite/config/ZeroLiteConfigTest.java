package dev.zerolite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.Authentication;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZeroLiteConfigTest {
  @TempDir Path app;

  @Test
  void portsThatCollideAreRefused() {
    assertThatThrownBy(
            () -> ZeroLiteConfig.builder(app).postgresPort(5850).zeroCachePort(5849).build())
        .isInstanceOf(ConfigException.class)
        .hasMessage("pg-port 5850 collides with zero-cache, which uses 5849 and 5850");
  }

  @Test
  void portsThatCollideDoNotMatterWithoutZeroCache() throws Exception {
    var config =
        ZeroLiteConfig.builder(app)
            .postgresPort(5850)
            .zeroCachePort(5849)
            .runZeroCache(false)
            .build();

    assertThat(config.postgresPort()).isEqualTo(5850);
  }

  @Test
  void impossiblePortsAreRefused() {
    assertThatThrownBy(() -> ZeroLiteConfig.builder(app).postgresPort(70_000).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("pg-port: 70000 is not a port");
  }

  @Test
  void anEmptyPasswordIsRefusedWhereOneIsAskedFor() throws Exception {
    assertThatThrownBy(() -> ZeroLiteConfig.builder(app).password("").build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("password: it is empty");
    ZeroLiteConfig.builder(app).password("").authentication(Authentication.TRUST).build();
  }

  @Test
  void zeroCachesOwnDatabasesAreRefused() {
    assertThatThrownBy(() -> ZeroLiteConfig.builder(app).database("zero_cvr").build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("choose another name");
  }

  @Test
  void theDatabaseHasItsDirectoryForItself() {
    assertThatThrownBy(() -> ZeroLiteConfig.builder(app).dataDirectory(Path.of(".")).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("holds the app");
    assertThatThrownBy(
            () -> ZeroLiteConfig.builder(app).dataDirectory(Path.of(".zerolite/s3/x")).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("must not lie in each other");
  }

  @Test
  void filesThatAreNotThereAreNamed() {
    assertThatThrownBy(() -> ZeroLiteConfig.builder(app).seed(Path.of("nowhere.sql")).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("seed: no such file: " + app.resolve("nowhere.sql"));
    assertThatThrownBy(() -> ZeroLiteConfig.builder(app).migrations(Path.of("nowhere")).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("migrations: no such directory: " + app.resolve("nowhere"));
    assertThatThrownBy(() -> ZeroLiteConfig.builder(app.resolve("nowhere")).build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("does not exist");
  }
}

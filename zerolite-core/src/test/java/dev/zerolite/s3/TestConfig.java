package dev.zerolite.s3;

import dev.zerolite.config.S3Config;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** An endpoint on a free port with one private bucket and one that all may read. */
final class TestConfig {
  static final String BUCKET = "uploads";
  static final String PUBLIC_BUCKET = "public";

  private final S3Config defaults;
  private boolean anonymous;
  private boolean inMemory;
  private List<String> corsOrigins = S3Config.LOCAL_ORIGINS;
  private int port;

  private TestConfig(Path directory) {
    this.defaults = S3Config.defaults(directory);
    this.directory = directory;
  }

  private final Path directory;

  static TestConfig in(Path directory) {
    return new TestConfig(directory);
  }

  TestConfig anonymous() {
    anonymous = true;
    return this;
  }

  TestConfig inMemory() {
    inMemory = true;
    return this;
  }

  TestConfig corsOrigins(String... origins) {
    corsOrigins = List.of(origins);
    return this;
  }

  TestConfig port(int number) {
    port = number;
    return this;
  }

  S3Config build() {
    return new S3Config(
        defaults.host(),
        port,
        defaults.accessKey(),
        defaults.secretKey(),
        anonymous,
        List.of(BUCKET),
        List.of(PUBLIC_BUCKET),
        corsOrigins,
        inMemory ? Optional.empty() : Optional.of(directory));
  }
}

package dev.zerolite.s3;

import dev.zerolite.config.S3Config;
import java.nio.file.Path;
import java.util.List;

/** An endpoint on a free port with one private bucket and one that all may read. */
final class TestConfig {
  static final String BUCKET = "uploads";
  static final String PUBLIC_BUCKET = "public";

  private TestConfig() {}

  static S3Config.Builder in(Path directory) {
    return S3Config.builder(directory)
        .port(0)
        .directory(directory)
        .buckets(List.of(BUCKET))
        .publicBuckets(List.of(PUBLIC_BUCKET));
  }
}

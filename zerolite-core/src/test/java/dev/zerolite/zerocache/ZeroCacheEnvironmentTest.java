package dev.zerolite.zerocache;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ZeroCacheEnvironmentTest {
  private final ZeroCacheEnvironment environment =
      new ZeroCacheEnvironment(
          "postgresql://u:p@127.0.0.1:1/app",
          "postgresql://u:p@127.0.0.1:1/cvr",
          "postgresql://u:p@127.0.0.1:1/cdb",
          Path.of("/tmp/replica.db"),
          5849,
          Path.of("/tmp/compiled"));

  @Test
  void connectsZeroCacheToItsThreeDatabases() {
    assertThat(environment.variables(Map.of(), Map.of()))
        .containsEntry("ZERO_UPSTREAM_DB", "postgresql://u:p@127.0.0.1:1/app")
        .containsEntry("ZERO_CVR_DB", "postgresql://u:p@127.0.0.1:1/cvr")
        .containsEntry("ZERO_CHANGE_DB", "postgresql://u:p@127.0.0.1:1/cdb")
        .containsEntry("ZERO_REPLICA_FILE", "/tmp/replica.db")
        .containsEntry("ZERO_PORT", "5849")
        .containsEntry("NODE_ENV", "development")
        .containsEntry("ZERO_NUM_SYNC_WORKERS", "1")
        .containsEntry("NODE_COMPILE_CACHE", "/tmp/compiled")
        .containsEntry("ZERO_ENABLE_TELEMETRY", "false");
  }

  @Test
  void theShellDecidesTasteButNotTheConnection() {
    var variables =
        environment.variables(
            Map.of(
                "ZERO_LOG_LEVEL", "debug",
                "NODE_COMPILE_CACHE", "/mine",
                "ZERO_UPSTREAM_DB", "postgresql://elsewhere/x"),
            Map.of());

    assertThat(variables)
        .containsEntry("ZERO_LOG_LEVEL", "debug")
        .containsEntry("NODE_COMPILE_CACHE", "/mine")
        .containsEntry("ZERO_UPSTREAM_DB", "postgresql://u:p@127.0.0.1:1/app");
  }

  @Test
  void theAppDecidesEverything() {
    var variables =
        environment.variables(
            Map.of("ZERO_LOG_LEVEL", "debug"),
            Map.of("ZERO_LOG_LEVEL", "error", "ZERO_QUERY_URL", "http://localhost:3000/q"));

    assertThat(variables)
        .containsEntry("ZERO_LOG_LEVEL", "error")
        .containsEntry("ZERO_QUERY_URL", "http://localhost:3000/q");
  }
}

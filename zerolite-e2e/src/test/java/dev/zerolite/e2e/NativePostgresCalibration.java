package dev.zerolite.e2e;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Duration;
import java.util.Optional;

/**
 * The scenarios against a native PostgreSQL, which is what defines their expectations. Not part of
 * the build, since it tests no code of ours: {@code mvn -pl zerolite-e2e test
 * -Dtest=NativePostgresCalibration}.
 */
final class NativePostgresCalibration extends ZeroClientScenarios {
  @Override
  Stack start(ScenarioProgram program) throws Exception {
    var server =
        EmbeddedPostgres.builder()
            .setServerConfig("wal_level", "logical")
            .setLocaleConfig("locale", "C.UTF-8")
            .setPGStartupWait(Duration.ofSeconds(60))
            .start();
    var url = "postgres://postgres@127.0.0.1:%d/postgres".formatted(server.getPort());
    return new Stack(url, Optional.empty(), server);
  }
}

package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.zerolite.testing.ClientProgram;
import dev.zerolite.testing.NpmPackages;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Node.js apps use. The checks are in {@code src/test/node}. */
@ExtendWith(ServerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(700)
final class NodeDriversTest {
  private static final Path DIRECTORY = Path.of("target", "node").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Server server;

  NodeDriversTest(Server server) {
    this.server = server;
  }

  @BeforeAll
  void install() throws IOException, InterruptedException {
    NpmPackages.linkInto(DIRECTORY, "drivers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pg", "postgres"})
  void works(String driver) throws Exception {
    run(driver, Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pg", "postgres"})
  void worksOverTls(String driver) throws Exception {
    assumeThat(server.certificate()).as("the native server has no TLS").isPresent();
    run(
        driver,
        Map.of(
            "PGSSLMODE", "verify-full", // pg
            "PGSSL", "verify-full", // postgres
            "NODE_EXTRA_CA_CERTS", server.certificate().orElseThrow().toString()));
  }

  private void run(String driver, Map<String, String> more) throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("PGHOST", server.host());
    environment.put("PGPORT", Integer.toString(server.port()));
    environment.put("PGUSER", server.user());
    environment.put("PGPASSWORD", server.password());
    environment.put("PGDATABASE", server.newDatabase());
    var result =
        ClientProgram.find("node", "nodejs")
            .run(DIRECTORY, environment, PATIENCE, List.of(driver + ".mjs"));
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout()).isEqualTo("all well\n");
    assertThat(result.exitCode()).isZero();
  }
}

package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.testing.ClientProgram;
import dev.zerolite.testing.NpmPackages;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
    var result =
        ClientProgram.find("node", "nodejs")
            .run(
                DIRECTORY,
                Map.of(
                    "PGHOST", server.host(),
                    "PGPORT", Integer.toString(server.port()),
                    "PGUSER", server.user(),
                    "PGPASSWORD", server.password(),
                    "PGDATABASE", server.newDatabase()),
                PATIENCE,
                List.of(driver + ".mjs"));
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout()).isEqualTo("all well\n");
    assertThat(result.exitCode()).isZero();
  }
}

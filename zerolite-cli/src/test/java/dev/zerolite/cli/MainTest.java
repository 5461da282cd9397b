package dev.zerolite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void helpTeachesByExamplesAndListsTheExitCodes() {
    assertThat(run("start", "--help")).isZero();
    assertThat(out.toString())
        .contains("zerolite start --app ../shop", "ZERO_QUERY_URL", "--skip-zero-cache", "--no-s3")
        .contains("--listen", "--auth", "--tls-cert", "max_connections")
        .contains("a port is in use")
        .doesNotContain("\u001b");
  }

  @Test
  void withoutACommandItSaysHowToStart() {
    assertThat(run()).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("zerolite start");
  }

  @Test
  void anUnknownFlagIsAUsageError() {
    assertThat(run("start", "--pgport", "1")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--pgport");
  }

  @ParameterizedTest
  @CsvSource({
    "--auth, peer",
    "--tls-cert, server.crt",
    "-c, listen_addresses=*",
    "-c, max_connections",
    "--pg-port, 99999"
  })
  void aValueThatCannotBeIsAUsageError(String flag, String value, @TempDir Path app)
      throws IOException {
    Files.createFile(app.resolve("zerolite.yaml"));
    assertThat(run("start", "--app", app.toString(), flag, value)).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void tellsItsVersion() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).startsWith("zerolite ");
  }

  @Test
  void coloursOnlyWhereTheyAreWanted() {
    assertThat(Terminal.of("true", Map.of("TERM", "xterm")).colours()).isTrue();
    assertThat(Terminal.of("", Map.of("TERM", "xterm")).colours()).isFalse();
    assertThat(Terminal.of("true", Map.of("NO_COLOR", "1")).colours()).isFalse();
    assertThat(Terminal.of("true", Map.of("TERM", "dumb")).colours()).isFalse();
  }

  private int run(String... args) {
    return Main.commandLine(new Terminal(false), Engine::load)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}

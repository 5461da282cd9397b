package dev.zerolite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.testing.ClientProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A script of most of psql's commands prints the same with ours and with a native server. */
@Timeout(180)
final class PsqlCommandsTest {
  private static final String SCRIPT = "/psql/commands.sql";
  private static final Duration PATIENCE = Duration.ofSeconds(80);

  @TempDir Path directory;

  @Test
  void printTheSame() throws Exception {
    try (ServerPair servers = ServerPair.start()) {
      List<String> expected = printed(servers.postgresPort());
      List<String> actual = printed(servers.port());
      assertThat(actual).isEqualTo(expected);
      // it went to its end, through all that fails on purpose
      assertThat(actual).contains("DROP DATABASE", "COPY 3000", "same", "\\c nowhere");
    }
  }

  private List<String> printed(int port) throws IOException, InterruptedException {
    Path own = Files.createDirectory(directory.resolve(Integer.toString(port)));
    Path script = own.resolve("commands.sql");
    try (var source = PsqlCommandsTest.class.getResourceAsStream(SCRIPT)) {
      Files.copy(source, script);
    }
    // one stream, so that it is known after what a message came
    ClientProgram.Result result =
        ClientProgram.find("sh", "dash")
            .run(
                own,
                Map.of("PGPASSFILE", "/dev/null", "LC_ALL", "C.UTF-8"),
                PATIENCE,
                List.of(
                    "-c",
                    "exec psql -X -a -h 127.0.0.1 -p %d -U postgres -d postgres -f commands.sql 2>&1"
                        .formatted(port)));
    // as the last command fails to connect
    assertThat(result.exitCode()).as(result.stdout()).isEqualTo(2);
    return result
        .stdout()
        .replace("port " + port, "port PORT")
        .replace("port \"" + port + "\"", "port PORT")
        .replaceAll("server process with PID [0-9]+", "server process with PID PID")
        .lines()
        .toList();
  }
}

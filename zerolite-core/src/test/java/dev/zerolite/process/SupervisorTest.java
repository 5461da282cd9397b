package dev.zerolite.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SupervisorTest {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path directory;

  @Test
  void restartsUntilHealthy() throws Exception {
    // Fails twice, then runs; healthy means that the file exists.
    var program =
        new Program(
            """
            echo x >> runs
            [ $(wc -l < runs) -lt 3 ] && exit 14
            touch healthy
            exec sleep 1000
            """,
            5);

    try (var supervisor = start(program)) {
      assertThat(supervisor.awaitSettled(LONG)).isTrue();
      assertThat(supervisor.failure()).isNotDone();
      assertThat(program.endings)
          .containsExactly(
              new Supervised.Ending(14, false, 1), new Supervised.Ending(14, false, 2));
    }
  }

  @Test
  void saysWhyItGaveUp() throws Exception {
    try (var supervisor = start(new Program("exit 3", 2))) {
      assertThat(supervisor.awaitSettled(LONG)).isTrue();
      assertThat(supervisor.failure().get(30, TimeUnit.SECONDS)).isEqualTo("gave up after 2");
    }
  }

  @Test
  void closingWhileItWaitsToRestartReturnsAtOnce() throws Exception {
    var program =
        new Program("exit 1", 5) {
          @Override
          public Verdict ended(Ending ending) {
            super.ended(ending);
            return new Verdict.Restart(Duration.ofHours(1), "waiting");
          }
        };
    try (var supervisor = start(program)) {
      assertThat(supervisor.awaitSettled(Duration.ofMillis(500))).isFalse();
    }
    assertThat(program.endings).hasSizeLessThanOrEqualTo(1);
  }

  private Supervisor start(Program program) throws Exception {
    return Supervisor.start(program, NodeRuntime.find(System.getenv()), GRACE);
  }

  private class Program implements Supervised {
    private final String script;
    private final int tries;
    final List<Ending> endings = new CopyOnWriteArrayList<>();

    Program(String script, int tries) {
      this.script = script;
      this.tries = tries;
    }

    @Override
    public String name() {
      return "test";
    }

    @Override
    public Command command() {
      return Command.shell(script, directory, Map.of());
    }

    @Override
    public boolean isHealthy() {
      return Files.exists(directory.resolve("healthy"));
    }

    @Override
    public Duration probeTimeout() {
      return Duration.ZERO;
    }

    @Override
    public Verdict ended(Ending ending) {
      endings.add(ending);
      return ending.failuresInARow() >= tries
          ? new Verdict.GiveUp("gave up after " + tries)
          : new Verdict.Restart(Duration.ZERO, "again");
    }

    @Override
    public void line(String line) {}
  }
}

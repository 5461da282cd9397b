package dev.zerolite.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WatchedProcessTest {
  private static final Duration GRACE = Duration.ofSeconds(2);

  @TempDir Path directory;

  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  @Test
  void deliversOutputAndExitCode() throws Exception {
    try (var process = start("echo one; echo two >&2; exit 7")) {
      assertThat(process.awaitExit(Duration.ofSeconds(20))).hasValue(7);
    }
    assertThat(lines).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void endingIsAskedForFirst() throws Exception {
    try (var process =
        start("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done")) {
      assertThat(nextLine()).isEqualTo("ready");
      assertThat(process.awaitExit(Duration.ZERO)).isEmpty();
    }
    assertThat(lines).contains("bye");
  }

  @Test
  void whatIgnoresTheAskingIsKilledWithItsChildren() throws Exception {
    long child;
    try (var process = start("trap '' TERM; sleep 1000 & echo $!; wait; wait")) {
      child = Long.parseLong(nextLine());
      assertThat(process.awaitExit(Duration.ZERO)).isEmpty();
    }
    assertThat(isAlive(child)).isFalse();
  }

  @Test
  void aChildInAnotherSessionWhoseParentIsGoneIsFoundToo() throws Exception {
    long orphan;
    try (var process = start("(setsid sleep 1000 & echo $!); sleep 1000")) {
      orphan = Long.parseLong(nextLine());
      assertThat(process.awaitExit(Duration.ZERO)).isEmpty();
    }
    assertThat(isAlive(orphan)).isFalse();
  }

  @Test
  void nothingOutlivesTheCommandThatStartedIt() throws Exception {
    try (var process = start("setsid sleep 1000 & echo $!; exit 3")) {
      long orphan = Long.parseLong(nextLine());
      assertThat(process.awaitExit(Duration.ofSeconds(20))).hasValue(3);
      assertThat(isAlive(orphan)).isFalse();
    }
  }

  @Test
  void nothingOutlivesAKillOfItsParent() throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var parent =
        new ProcessBuilder(
                java, "-cp", System.getProperty("java.class.path"), KilledParent.class.getName())
            .redirectErrorStream(true)
            .start();
    try (var output = parent.inputReader()) {
      long child = Long.parseLong(output.readLine());
      assertThat(isAlive(child)).isTrue();

      parent.destroyForcibly();

      assertThat(parent.waitFor(10, TimeUnit.SECONDS)).isTrue();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (isAlive(child) && System.nanoTime() < deadline) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
      assertThat(isAlive(child)).isFalse();
    } finally {
      parent.destroyForcibly();
    }
  }

  @Test
  void aProgramThatDoesNotExistSaysSo() throws Exception {
    var command = new Command(java.util.List.of("no-such-program"), directory, Map.of());
    try (var process =
        WatchedProcess.start(
            "test", NodeRuntime.find(System.getenv()), "owner", GRACE, command, lines::add)) {
      assertThat(process.awaitExit(Duration.ofSeconds(20))).hasValue(127);
    }
    assertThat(lines).anyMatch(line -> line.contains("no-such-program cannot be run"));
  }

  private WatchedProcess start(String script) throws Exception {
    return WatchedProcess.start(
        "test",
        NodeRuntime.find(System.getenv()),
        UUID.randomUUID().toString(),
        GRACE,
        Command.shell(script, directory, Map.of()),
        lines::add);
  }

  private String nextLine() throws InterruptedException {
    return lines.poll(20, TimeUnit.SECONDS);
  }

  /** A zombie that its new parent has not reaped yet is not alive. */
  private static boolean isAlive(long pid) throws IOException {
    var status = Path.of("/proc", Long.toString(pid), "status");
    try {
      return Files.readAllLines(status).stream()
          .noneMatch(line -> line.matches("State:\\s+[ZX].*"));
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}

package dev.zerolite.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Starts a process that ignores SIGTERM, tells its id, and waits to be killed. */
final class KilledParent {
  private KilledParent() {}

  public static void main(String[] args) throws Exception {
    try (var process =
        WatchedProcess.start(
            "test",
            NodeRuntime.find(System.getenv()),
            "killed-parent-" + ProcessHandle.current().pid(),
            Duration.ofMillis(200),
            Command.shell(
                "trap '' TERM; setsid sleep 1000 & echo $!; wait; wait", Path.of("."), Map.of()),
            System.out::println)) {
      process.awaitExit(Duration.ofMinutes(1));
    }
  }
}

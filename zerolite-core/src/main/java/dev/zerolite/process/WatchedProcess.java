package dev.zerolite.process;

import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A running command below its watchdog (see {@code watchdog.cjs}). However this process ends, the
 * command and everything that it started end with it.
 */
public final class WatchedProcess implements AutoCloseable {
  // What the watchdog itself may need, beyond the grace that it gives to the command.
  private static final Duration WATCHDOG_MARGIN = Duration.ofSeconds(3);

  private final Process watchdog;
  private final Duration grace;
  private final Thread output;

  private WatchedProcess(Process watchdog, Duration grace, Thread output) {
    this.watchdog = watchdog;
    this.grace = grace;
    this.output = output;
  }

  /**
   * Starts a command.
   *
   * @param name names the thread that reads its output
   * @param owner marks the command's processes; what an earlier command of the same owner left
   *     behind is killed first
   * @param grace how long the command may take to end after SIGTERM before it is killed
   * @param lines takes each line of output, on the reading thread
   * @throws IOException if Node.js cannot be run; a command that cannot be run ends with 127
   */
  public static WatchedProcess start(
      String name,
      NodeRuntime node,
      String owner,
      Duration grace,
      Command command,
      Consumer<String> lines)
      throws IOException {
    requireNonNull(lines);
    var words = new ArrayList<String>();
    words.addAll(List.of(node.node().toString(), "-e", script()));
    words.addAll(List.of("--", owner, Long.toString(grace.toMillis())));
    words.addAll(command.words());
    var builder = new ProcessBuilder(words);
    builder.directory(command.directory().toFile());
    builder.environment().putAll(command.environment());
    builder.redirectErrorStream(true);
    var watchdog = builder.start();
    var output = new Thread(() -> read(watchdog, lines), "zerolite-" + name + "-output");
    output.setDaemon(true);
    output.start();
    return new WatchedProcess(watchdog, grace, output);
  }

  private static String script() {
    try (var resource = WatchedProcess.class.getResourceAsStream("watchdog.cjs")) {
      return new String(
          requireNonNull(resource, "watchdog.cjs").readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void read(Process watchdog, Consumer<String> lines) {
    try (var reader =
        new BufferedReader(
            new InputStreamReader(watchdog.getInputStream(), StandardCharsets.UTF_8))) {
      for (var line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.accept(line);
      }
    } catch (IOException e) {
      // The pipe breaks when the watchdog is destroyed; its exit code tells the rest.
    }
  }

  /**
   * Waits for the command to end, with all its output delivered.
   *
   * @return its exit code, 128 + n after signal n; empty if it still runs
   */
  public OptionalInt awaitExit(Duration timeout) throws InterruptedException {
    if (!watchdog.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      return OptionalInt.empty();
    }
    output.join(WATCHDOG_MARGIN.toMillis());
    return OptionalInt.of(watchdog.exitValue());
  }

  /** Ends the command: SIGTERM, and SIGKILL to whatever is left after the grace. */
  @Override
  public void close() {
    try {
      watchdog.getOutputStream().close();
    } catch (IOException e) {
      // Already gone.
    }
    try {
      if (awaitExit(grace.plus(WATCHDOG_MARGIN)).isEmpty()) {
        destroyTree();
        awaitExit(WATCHDOG_MARGIN);
      }
    } catch (InterruptedException e) {
      destroyTree();
      Thread.currentThread().interrupt();
    }
  }

  private void destroyTree() {
    var descendants = watchdog.descendants().toList();
    descendants.forEach(ProcessHandle::destroyForcibly);
    watchdog.destroyForcibly();
  }
}

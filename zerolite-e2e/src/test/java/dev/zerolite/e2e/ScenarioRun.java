package dev.zerolite.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A running scenario program: a name goes in, a line of JSON comes out. */
final class ScenarioRun implements AutoCloseable {
  // Each wait inside a scenario has its own, shorter limit; this one is for a program that hangs.
  private static final Duration LONGEST_SCENARIO = Duration.ofMinutes(5);
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final Process process;
  private final Path log;
  private final ObjectMapper json = new ObjectMapper();
  // An empty element says that the program has ended.
  private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

  ScenarioRun(Process process, Path log) {
    this.process = process;
    this.log = log;
    var reader = new Thread(this::read, "scenario-output");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (var output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      output.lines().map(Optional::of).forEach(lines::add);
    } catch (IOException | UncheckedIOException e) {
      // the program is gone, which the next line says
    }
    lines.add(Optional.empty());
  }

  /** Runs one scenario; throws with its error if it failed. */
  void run(String name) throws IOException, InterruptedException {
    process.outputWriter(UTF_8).append(name).append('\n').flush();
    var line = lines.poll(LONGEST_SCENARIO.toMillis(), TimeUnit.MILLISECONDS);
    if (line == null) {
      throw new AssertionError(name + " hangs; see " + log);
    }
    var result =
        json.readTree(line.orElseThrow(() -> new AssertionError("the program ended; see " + log)));
    System.out.printf("%s: %d ms %s%n", name, result.get("ms").asLong(), notes(result));
    if (!result.get("ok").asBoolean()) {
      throw new AssertionError(result.get("error").asText());
    }
  }

  private static String notes(JsonNode result) {
    return result.hasNonNull("notes") ? result.get("notes").toString() : "";
  }

  /** Lets the program stop what it has started; bounded. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}

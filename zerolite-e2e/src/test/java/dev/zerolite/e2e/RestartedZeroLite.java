package dev.zerolite.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.ZeroLite;
import dev.zerolite.config.ZeroLiteConfig;
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

/** zerolite in a JVM of its own, which can be stopped in order or killed. */
final class RestartedZeroLite implements AutoCloseable {
  private static final String READY = "READY ";
  private static final Duration LONGEST_START = Duration.ofMinutes(4);
  private static final Duration LONGEST_STOP = Duration.ofSeconds(60);

  private final Process process;
  private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

  private RestartedZeroLite(Process process) {
    this.process = process;
    var reader = new Thread(this::read, "zerolite-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** The program: runs until its standard input ends. */
  public static void main(String[] arguments) throws Exception {
    var config =
        ZeroLiteConfig.builder(Path.of(arguments[0]))
            .postgresPort(0)
            .zeroCachePort(0)
            .runS3(false)
            .build();
    try (var zerolite = ZeroLite.start(config)) {
      System.out.println(READY + zerolite.postgresUrl());
      while (System.in.read() >= 0) {
        // nobody writes; the end says stop
      }
    }
    System.exit(0);
  }

  static RestartedZeroLite of(Path app) throws IOException {
    return new RestartedZeroLite(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                RestartedZeroLite.class.getName(),
                app.toString())
            .redirectErrorStream(true)
            .start());
  }

  private void read() {
    try (var output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      output.lines().map(Optional::of).forEach(lines::add);
    } catch (IOException | UncheckedIOException e) {
      // it was killed
    }
    lines.add(Optional.empty());
  }

  /** Waits until everything runs; the database's address, in pgjdbc's spelling. */
  String awaitReady() throws InterruptedException {
    var log = new StringBuilder();
    long deadline = System.nanoTime() + LONGEST_START.toNanos();
    while (true) {
      var line = lines.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null || line.isEmpty()) {
        throw new AssertionError("zerolite did not start:\n" + log);
      }
      if (line.get().startsWith(READY)) {
        var url = line.get().substring(READY.length());
        return url.replaceFirst(
            "postgresql://([^:]+):([^@]+)@(.*)", "jdbc:postgresql://$3?user=$1&password=$2");
      }
      log.append(line.get()).append('\n');
    }
  }

  void stop() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(LONGEST_STOP.toMillis(), TimeUnit.MILLISECONDS)
        || process.exitValue() != 0) {
      throw new AssertionError("zerolite did not stop in order");
    }
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}

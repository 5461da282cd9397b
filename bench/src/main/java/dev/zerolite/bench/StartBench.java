package dev.zerolite.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * The command itself, as a user starts it: until PostgreSQL listens, until the first answer, until
 * all is ready; without an archive of classes and with one. {@code JAVA_HOME} chooses the JVM.
 */
final class StartBench {
  private static final int RUNS = 3;
  private static final int IDLE = 20;
  private static final int REST_SECONDS = 30;

  private final Path root;
  private final boolean zeroCache;

  StartBench(Path root, boolean zeroCache) {
    this.root = root;
    this.zeroCache = zeroCache;
  }

  void run() throws Exception {
    System.out.println(
        "| median of %d | listens | first answer | ready | CPU until ready | resident |\n|---|---|---|---|---|---|"
            .formatted(RUNS));
    if (zeroCache) {
      measure(root.resolve("examples/issues"), List.of("--ephemeral"));
    } else {
      var app = emptyApp();
      var databaseOnly = List.of("--skip-zero-cache", "--no-s3");
      measure(app, with(databaseOnly, "--ephemeral"));
      // The first run without --ephemeral makes the directory.
      CommandRun.start(root, app, databaseOnly, false).awaitReadyAndClose();
      report("existing data directory, archive", app, databaseOnly, false);
      idleSessions(app, with(databaseOnly, "--ephemeral"));
    }
  }

  private void measure(Path app, List<String> options) throws Exception {
    report("in memory, no archive", app, options, true);
    try (var first = CommandRun.start(root, app, options, false)) {
      first.awaitReady();
      first.awaitArchive();
    }
    report("in memory, archive", app, options, false);
    if (zeroCache) {
      try (var run = CommandRun.start(root, app, options, false)) {
        run.awaitReady();
        System.out.printf(
            Locale.ROOT, "%ninserts beside zero-cache, one connection: %,.0f/s%n", run.inserts());
      }
    }
  }

  private static List<String> with(List<String> options, String more) {
    var all = new ArrayList<>(options);
    all.add(more);
    return all;
  }

  private void report(String name, Path app, List<String> options, boolean plain) throws Exception {
    var listens = new Samples();
    var answers = new Samples();
    var ready = new Samples();
    var cpu = new Samples();
    double resident = 0;
    for (int i = 0; i < RUNS; i++) {
      try (var run = CommandRun.start(root, app, options, plain)) {
        listens.add(run.awaitListening());
        answers.add(run.awaitAnswer());
        ready.add(run.awaitReady());
        cpu.add(run.cpuNanos());
        resident = run.residentMegabytes();
      }
    }
    System.out.printf(
        Locale.ROOT,
        "| %s | %.2f s | %.2f s | %.2f s | %.2f s | %.0f MB |%n",
        name,
        listens.quantile(0.5) / 1e6,
        answers.quantile(0.5) / 1e6,
        ready.quantile(0.5) / 1e6,
        cpu.quantile(0.5) / 1e6,
        resident);
  }

  /** What a pool of connections costs that have asked one question each. */
  private void idleSessions(Path app, List<String> options) throws Exception {
    try (var run = CommandRun.start(root, app, options, false)) {
      run.awaitReady();
      double alone = run.residentMegabytes();
      var idle = new ArrayList<Connection>();
      for (int i = 0; i < IDLE; i++) {
        idle.add(run.connectAndAsk());
      }
      double atOnce = run.residentMegabytes();
      TimeUnit.SECONDS.sleep(REST_SECONDS);
      System.out.printf(
          Locale.ROOT,
          "%nresident memory: %.0f MB; with %d idle sessions %.0f MB, %d s later %.0f MB%n",
          alone,
          IDLE,
          atOnce,
          REST_SECONDS,
          run.residentMegabytes());
      for (var connection : idle) {
        connection.close();
      }
    }
  }

  private static Path emptyApp() throws Exception {
    var app = Files.createTempDirectory("zerolite-bench-");
    Files.writeString(app.resolve("package.json"), "{}");
    return app;
  }
}

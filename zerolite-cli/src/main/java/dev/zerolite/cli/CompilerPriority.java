package dev.zerolite.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has HotSpot's optimising compiler give way to everything else on the machine. While zero-cache
 * and the app start, it wants one CPU for itself, for code that is better a little later; two CPUs
 * have better things to do then. Where some CPU is idle it runs as before.
 *
 * <p>HotSpot has an option for it, but for all its compilers at once and with a warning; so the
 * system's {@code renice} is asked, where the system has threads that can be told apart (Linux).
 * Elsewhere nothing happens. Owns the thread {@code zerolite-compiler-priority}, which ends by
 * itself.
 */
final class CompilerPriority {
  private static final Logger LOG = LoggerFactory.getLogger(CompilerPriority.class);

  /** A tenth of what a thread of the usual priority gets: never nothing. */
  private static final int NICENESS = 10;

  /** What Linux keeps of "C2 CompilerThread0". */
  private static final String C2 = "C2 CompilerThre";

  private static final Path THREADS = Path.of("/proc/self/task");

  private static final int TIMEOUT_SECONDS = 5;

  private CompilerPriority() {}

  /** Lowers it, soon. */
  static void lower() {
    var thread = new Thread(CompilerPriority::lowerNow, "zerolite-compiler-priority");
    thread.setDaemon(true);
    thread.start();
  }

  static void lowerNow() {
    try {
      var threads = compilerThreads();
      if (!threads.isEmpty()) {
        renice(threads);
      }
    } catch (IOException e) {
      LOG.debug("HotSpot's compiler keeps its priority", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static List<String> compilerThreads() throws IOException {
    var found = new ArrayList<String>();
    if (Files.isDirectory(THREADS)) {
      try (var threads = Files.newDirectoryStream(THREADS)) {
        for (var thread : threads) {
          if (nameOf(thread).startsWith(C2)) {
            found.add(thread.getFileName().toString());
          }
        }
      }
    }
    return found;
  }

  private static String nameOf(Path thread) {
    try {
      return Files.readString(thread.resolve("comm"));
    } catch (IOException e) {
      return ""; // it has ended meanwhile
    }
  }

  private static void renice(List<String> threads) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("renice", "-n", String.valueOf(NICENESS), "-p"));
    command.addAll(threads);
    var process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    process.getOutputStream().close();
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}

package dev.zerolite.cli.archive;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the next start finds an archive: waits a little, and makes one if there is none
 * or a damaged one. Owns one thread, {@code zerolite-archive}, and at most one child process, which
 * ends with it. Whatever fails here is told at debug level only: the next start is no worse for it.
 */
public final class ArchiveMaker {
  private static final Logger LOG = LoggerFactory.getLogger(ArchiveMaker.class);

  /** Where the launcher looks for the archive; absent when zerolite runs in another way. */
  private static final String PROPERTY = "zerolite.archive";

  // The user's first page loads come first.
  private static final Duration PAUSE = Duration.ofSeconds(10);
  // At lowest priority on a busy machine; about 15 seconds on an idle one.
  private static final Duration LONGEST_STEP = Duration.ofMinutes(5);

  private final ClassArchive archive;
  private final Duration pause;
  private final Thread thread = new Thread(this::run, "zerolite-archive");

  private ArchiveMaker(ClassArchive archive, Duration pause) {
    this.archive = archive;
    this.pause = pause;
    thread.setDaemon(true);
  }

  /** To be called when the user's own start is complete; returns at once. */
  public static ArchiveMaker start() {
    var file = Optional.ofNullable(System.getProperty(PROPERTY));
    var maker = new ArchiveMaker(new ClassArchive(Path.of(file.orElse(""))), PAUSE);
    if (file.isPresent()) {
      maker.thread.start();
    }
    return maker;
  }

  private void run() {
    try {
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      Files.createDirectories(archive.directory());
      if (!archive.isIntact()) {
        makeUnlessAnotherDoes();
      }
      LOG.debug("the archive of classes for the next start is {}", archive.file());
      archive.prune();
    } catch (InterruptedException e) {
      LOG.debug("stopped before the archive of classes was made");
    } catch (IOException | RuntimeException e) {
      LOG.debug("no archive of classes", e);
    }
  }

  private void makeUnlessAnotherDoes() throws IOException, InterruptedException {
    try (var channel =
            FileChannel.open(
                archive.directory().resolve("lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        var lock = channel.tryLock()) {
      if (lock != null && !archive.isIntact()) {
        make();
      }
    }
  }

  private void make() throws IOException, InterruptedException {
    var options =
        ClassArchive.optionsWithoutArchive(
            ManagementFactory.getRuntimeMXBean().getInputArguments());
    var made = archive.directory().resolve("new");
    var steps =
        Runtime.version().feature() >= Training.AOT_CACHE_SINCE
            ? Training.aotCache(options, made)
            : Training.dynamicArchive(options, made);
    try {
      ClassArchive.delete(Training.app(made)); // of a training that was killed
      for (var step : steps) {
        run(step);
      }
      archive.install(made);
    } finally {
      ClassArchive.delete(Training.app(made));
      Files.deleteIfExists(made);
      Files.deleteIfExists(Training.configuration(made));
    }
  }

  private void run(List<String> command) throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(archive.directory().resolve("log").toFile())
            .start();
    try {
      // Its standard input stays open as long as we live; it ends when that ends.
      if (!process.waitFor(LONGEST_STEP.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("took more than " + LONGEST_STEP);
      }
      if (process.exitValue() != 0) {
        throw new IOException(
            "exit code %d, see %s"
                .formatted(process.exitValue(), archive.directory().resolve("log")));
      }
    } finally {
      process.destroyForcibly();
      process.waitFor(1, TimeUnit.SECONDS);
    }
  }

  /** Gives up what is not done yet. */
  public void stop() {
    thread.interrupt();
    try {
      thread.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package dev.zerolite.process;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Installs packages; its output goes to our log. */
public final class Npm {
  private static final Logger LOG = LoggerFactory.getLogger("npm");
  private static final Duration LIMIT = Duration.ofMinutes(15);
  private static final Duration REPORT_EVERY = Duration.ofSeconds(10);
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final NodeRuntime node;

  public Npm(NodeRuntime node) {
    this.node = requireNonNull(node);
  }

  /** npm did not do it; the message says what to try. */
  public static final class FailedException extends Exception {
    FailedException(String message) {
      super(message);
    }
  }

  /**
   * {@code npm install} in a directory.
   *
   * @param packages what to add; nothing to install what package.json names
   * @throws MissingProgramException if this Node.js has no npm
   */
  public void install(Path directory, List<String> packages)
      throws FailedException, MissingProgramException, InterruptedException {
    var words =
        new ArrayList<>(List.of(node.npm().toString(), "install", "--no-fund", "--no-audit"));
    words.addAll(packages);
    var byHand = "`%s` in %s".formatted(String.join(" ", words), directory);
    var command = new Command(words, directory, Map.of());
    long start = System.nanoTime();
    try (var process =
        WatchedProcess.start(
            "npm",
            node,
            UUID.randomUUID().toString(),
            GRACE,
            command,
            line -> LOG.info("{}", line))) {
      OptionalInt exit;
      while ((exit = process.awaitExit(REPORT_EVERY)).isEmpty()) {
        var elapsed = Duration.ofNanos(System.nanoTime() - start);
        if (elapsed.compareTo(LIMIT) > 0) {
          throw new FailedException(
              "npm has not finished after %d minutes; check the network and try %s"
                  .formatted(LIMIT.toMinutes(), byHand));
        }
        LOG.info("still installing ({} s)", elapsed.toSeconds());
      }
      if (exit.getAsInt() != 0) {
        throw new FailedException("npm failed, see above; check the network and try " + byHand);
      }
    } catch (IOException e) {
      throw new FailedException("npm cannot be run: " + e.getMessage());
    }
  }
}

package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * In which databases of a cluster triggers capture changes, or did until it was stopped: asking the
 * databases themselves would cost each start a backend.
 */
public final class TriggerMark {
  private static final String FILE = "zerolite.triggers";

  private final Optional<Path> file;
  private final Set<String> databases;

  private TriggerMark(Optional<Path> file, List<String> databases) {
    this.file = file;
    this.databases = new TreeSet<>(databases);
  }

  /** That of a cluster which nobody has used before and that ends with this process. */
  public static TriggerMark ofNewCluster() {
    return new TriggerMark(Optional.empty(), List.of());
  }

  /**
   * That of a cluster on disk.
   *
   * @param directory the cluster's data directory, which exists and is in use by this process only
   */
  public static TriggerMark in(Path directory) throws IOException {
    Path file = requireNonNull(directory).resolve(FILE);
    return new TriggerMark(
        Optional.of(file), Files.exists(file) ? Files.readAllLines(file, UTF_8) : List.of());
  }

  synchronized boolean has(String database) {
    return databases.contains(database);
  }

  /** Called before the first trigger is made. */
  synchronized void add(String database) throws IOException {
    if (databases.add(requireNonNull(database))) {
      write();
    }
  }

  /** Called when no trigger is left. */
  synchronized void remove(String database) throws IOException {
    if (databases.remove(database)) {
      write();
    }
  }

  private void write() throws IOException {
    if (file.isEmpty()) {
      return;
    }
    if (databases.isEmpty()) {
      Files.deleteIfExists(file.get());
    } else {
      Files.write(
          file.get(),
          databases,
          UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE,
          StandardOpenOption.SYNC);
    }
  }
}

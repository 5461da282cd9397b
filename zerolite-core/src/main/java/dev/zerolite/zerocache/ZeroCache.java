package dev.zerolite.zerocache;

import static java.util.Objects.requireNonNull;

import dev.zerolite.process.Command;
import dev.zerolite.process.NodeRuntime;
import dev.zerolite.process.Supervised;
import dev.zerolite.process.Supervised.Verdict.GiveUp;
import dev.zerolite.process.Supervised.Verdict.Restart;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be known of zero-cache to keep it running.
 *
 * <p>Its exit code 14 means "start me again" (its change source or its replica must be set up
 * anew). After any other it is tried again, then with a new replica, then given up: the least
 * destructive step first.
 */
public final class ZeroCache implements Supervised {
  private static final Logger LOG = LoggerFactory.getLogger("zero-cache");

  private static final int START_ME_AGAIN = 14;
  private static final int MOST_RESTARTS_IN_A_ROW = 8;
  private static final int PLAIN_RESTARTS = 2;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
  private static final int LINES_KEPT = 30;

  private final Command command;
  private final Path replicaFile;
  private final ReplicaFiles replica;
  private final URL keepalive;
  private final DatabaseSetUp database;
  private final Deque<String> lastLines = new ArrayDeque<>(); // guarded by itself
  private boolean newReplica;
  private boolean isRestart;

  /** Tells when the database has been set up; until then it lets no client in. */
  public interface DatabaseSetUp {
    boolean isDone();

    /** Returns when it is done; ended by an interrupt. */
    void await() throws InterruptedException;
  }

  /**
   * @param shell the variables of this process
   * @param app variables that the app asks for
   * @param database may be set up while the first run starts: it does not need it at once. If that
   *     takes so long that zero-cache ends, that is not its failure, and the next run waits
   */
  public ZeroCache(
      ZeroCacheInstallation installation,
      NodeRuntime node,
      Path appDirectory,
      ZeroCacheEnvironment environment,
      Map<String, String> shell,
      Map<String, String> app,
      DatabaseSetUp database) {
    requireNonNull(installation);
    this.database = requireNonNull(database);
    this.command =
        new Command(
            List.of(node.node().toString(), installation.script().toString()),
            appDirectory,
            environment.variables(shell, app));
    this.replicaFile = environment.replicaFile();
    this.replica = new ReplicaFiles(replicaFile);
    try {
      this.keepalive = URI.create("http://127.0.0.1:" + environment.port() + "/keepalive").toURL();
    } catch (java.net.MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /**
   * Lets the next start copy the whole database again: for a database that does not know the
   * replica, since it was wiped.
   */
  public ZeroCache withNewReplica() {
    newReplica = true;
    return this;
  }

  @Override
  public String name() {
    return "zero-cache";
  }

  @Override
  public Command command() throws IOException, InterruptedException {
    if (isRestart) {
      database.await();
    }
    isRestart = true;
    Files.createDirectories(replicaFile.toAbsolutePath().getParent());
    if (newReplica) {
      replica.delete();
      newReplica = false;
    } else {
      replica.removeStaleJournals();
    }
    return command;
  }

  @Override
  public boolean isHealthy() {
    try {
      var connection = (HttpURLConnection) keepalive.openConnection(java.net.Proxy.NO_PROXY);
      connection.setConnectTimeout((int) PROBE_TIMEOUT.toMillis() / 2);
      connection.setReadTimeout((int) PROBE_TIMEOUT.toMillis() / 2);
      try {
        return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      return false; // it opens the port once all its workers are ready
    }
  }

  @Override
  public Duration probeTimeout() {
    return PROBE_TIMEOUT;
  }

  @Override
  public Verdict ended(Ending ending) {
    int failures = ending.failuresInARow();
    if (!database.isDone()) {
      // it waits for a connection for half a minute, then calls it a mistake in its configuration
      return new Restart(FIRST_PAUSE, "starting it again as soon as the database has been set up");
    }
    if (ending.exitCode() == START_ME_AGAIN && failures <= MOST_RESTARTS_IN_A_ROW) {
      return new Restart(pause(failures), "it asks to be started again");
    }
    if (failures <= PLAIN_RESTARTS) {
      return new Restart(pause(failures), "starting it again");
    }
    if (failures == PLAIN_RESTARTS + 1) {
      newReplica = true;
      return new Restart(pause(failures), "starting it again with a new replica");
    }
    return new GiveUp(
        "zero-cache ended %d times in a row, the last time with exit code %d. Its last words:%n%s%nSet ZERO_LOG_LEVEL=info to see more of it."
            .formatted(failures, ending.exitCode(), lastWords()));
  }

  private static Duration pause(int failures) {
    var pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, 10));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  private String lastWords() {
    synchronized (lastLines) {
      return lastLines.isEmpty() ? "  (none)" : "  " + String.join("\n  ", lastLines);
    }
  }

  @Override
  public void line(String line) {
    if (line.isBlank()) {
      return;
    }
    LOG.info("{}", line);
    synchronized (lastLines) {
      if (lastLines.size() == LINES_KEPT) {
        lastLines.removeFirst();
      }
      lastLines.addLast(line);
    }
  }
}

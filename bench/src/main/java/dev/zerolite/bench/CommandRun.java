package dev.zerolite.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One run of {@code ./zerolite start} as a child process; times count from its start. */
final class CommandRun implements AutoCloseable {
  private static final int LONGEST_SECONDS = 600;
  private static final int INSERT_SECONDS = 10;

  private final Process process;
  private final int port;
  private final long start = System.nanoTime();
  private final CompletableFuture<Long> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> archive = new CompletableFuture<>();

  private CommandRun(Process process, int port) {
    this.process = process;
    this.port = port;
    var reader = new Thread(this::read, "bench-command");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * @param plain without an archive of classes
   */
  static CommandRun start(Path root, Path app, List<String> options, boolean plain)
      throws IOException {
    int port = freePort();
    var words =
        new ArrayList<>(
            List.of(
                root.resolve("zerolite").toString(),
                "start",
                "-v",
                "--app",
                app.toString(),
                "--pg-port",
                String.valueOf(port)));
    words.addAll(options);
    var builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().put("ZEROLITE_ARCHIVE", plain ? "off" : "on");
    return new CommandRun(builder.start(), port);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void read() {
    try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.contains("Ctrl-C stops everything")) {
          ready.complete(System.nanoTime() - start);
        } else if (line.contains("archive of classes")) {
          archive.complete(null);
        }
      }
    } catch (IOException e) {
      // its output was closed under us: it was stopped
    } finally {
      ready.completeExceptionally(new IllegalStateException("the command has ended"));
    }
  }

  long awaitListening() throws InterruptedException {
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return System.nanoTime() - start;
      } catch (IOException e) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
    }
  }

  /** The server lets clients wait until the app's migrations are done. */
  long awaitAnswer() throws SQLException {
    try (var connection = endpoint().connect();
        var statement = connection.createStatement()) {
      statement.execute("select 1");
      return System.nanoTime() - start;
    }
  }

  /** A session that has used PostgreSQL's catalogs; the caller's to close. */
  Connection connectAndAsk() throws SQLException {
    var connection = endpoint().connect();
    try (var statement = connection.createStatement()) {
      statement.execute("select count(*) from pg_class");
    }
    return connection;
  }

  long awaitReady() throws Exception {
    return ready.get(LONGEST_SECONDS, TimeUnit.SECONDS);
  }

  void awaitReadyAndClose() throws Exception {
    try (this) {
      awaitReady();
    }
  }

  void awaitArchive() throws Exception {
    archive.get(LONGEST_SECONDS, TimeUnit.SECONDS);
  }

  double inserts() throws SQLException {
    try (var connection = endpoint().connect();
        var statement = connection.createStatement()) {
      statement.execute("create table if not exists bench (id serial primary key, t text)");
      try (var insert = connection.prepareStatement("insert into bench (t) values (?)")) {
        long begin = System.nanoTime();
        int count = 0;
        while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(INSERT_SECONDS)) {
          insert.setString(1, "row " + count++);
          insert.execute();
        }
        return count / ((System.nanoTime() - begin) / 1e9);
      }
    }
  }

  long cpuNanos() {
    return process.info().totalCpuDuration().orElseThrow().toNanos();
  }

  double residentMegabytes() throws IOException {
    return Memory.residentMegabytes(process.pid());
  }

  private Endpoint endpoint() {
    return new Endpoint(
        "zerolite",
        "jdbc:postgresql://127.0.0.1:%d/postgres?sslmode=disable&gssEncMode=disable"
            .formatted(port),
        "user",
        "password");
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
  }
}

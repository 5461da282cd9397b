package dev.zerolite.replication;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The PostgreSQL 15 of Debian's packages in a temporary directory: an older subscriber. */
final class DebianServer implements PgServer {
  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15/bin");
  private static final Duration START = Duration.ofSeconds(60);

  private final Path directory;
  private final int port;
  private final Process process;

  private DebianServer(Path directory, int port, Process process) {
    this.directory = directory;
    this.port = port;
    this.process = process;
  }

  static DebianServer start(Map<String, String> settings) throws Exception {
    if (!Files.isExecutable(PROGRAMS.resolve("postgres"))) {
      throw new IllegalStateException(
          "This test needs PostgreSQL 15: run `apt-get install postgresql-15` and try again");
    }
    Path directory = Files.createTempDirectory("postgresql-15");
    Path data = directory.resolve("data");
    Process initdb =
        run(
            directory,
            "initdb",
            "-D",
            data.toString(),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "--locale=C.UTF-8");
    if (!initdb.waitFor(60, TimeUnit.SECONDS) || initdb.exitValue() != 0) {
      initdb.destroyForcibly();
      throw new IllegalStateException("initdb failed: " + log(directory));
    }
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-D",
                data.toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "wal_level=logical",
                "-c",
                "fsync=off"));
    settings.forEach((name, value) -> arguments.addAll(List.of("-c", name + "=" + value)));
    Process process = run(directory, "postgres", arguments.toArray(String[]::new));
    DebianServer server = new DebianServer(directory, port, process);
    server.awaitStart();
    return server;
  }

  /** PostgreSQL refuses to run as root; in a user namespace of its own it is nobody. */
  private static Process run(Path directory, String program, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    if (Files.getAttribute(directory, "unix:uid").equals(0)) {
      command.addAll(List.of("unshare", "--user"));
    }
    command.add(PROGRAMS.resolve(program).toString());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()))
        .start();
  }

  private void awaitStart() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (true) {
      try {
        connect().close();
        return;
      } catch (SQLException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          String log = log(directory);
          close();
          throw new IllegalStateException("PostgreSQL 15 did not start: " + log, e);
        }
        process.waitFor(100, TimeUnit.MILLISECONDS);
      }
    }
  }

  private static String log(Path directory) throws IOException {
    return Files.readString(directory.resolve("log"));
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void close() {
    try {
      run(
              directory,
              "pg_ctl",
              "stop",
              "-D",
              directory.resolve("data").toString(),
              "-m",
              "immediate")
          .waitFor(20, TimeUnit.SECONDS);
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("PostgreSQL 15 left files behind in " + directory, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return "PostgreSQL 15";
  }
}

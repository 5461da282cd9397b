package dev.zerolite.drivers;

import dev.zerolite.testing.ClientProgram;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A PostgreSQL 15 of Debian's package, for what its pg_dump writes. */
final class DebianServer implements AutoCloseable {
  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15/bin");
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Path directory;
  private final int port;

  private DebianServer(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  /** Starts a server with a new cluster in the directory, trusting everyone on loopback. */
  static DebianServer start(Path directory) throws IOException, InterruptedException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      port = socket.getLocalPort();
    }
    var server = new DebianServer(directory, port);
    server.run(
        "initdb", "-D", server.data(), "-U", "postgres", "-A", "trust", "-N", "--locale=C.UTF-8");
    server.run(
        "pg_ctl",
        "-D",
        server.data(),
        "-w",
        "-l",
        directory.resolve("log").toString(),
        "-o",
        "-F -p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories=''",
        "start");
    return server;
  }

  int port() {
    return port;
  }

  @Override
  public void close() throws IOException {
    try {
      run("pg_ctl", "-D", data(), "-w", "-m", "immediate", "stop");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while PostgreSQL 15 stopped", e);
    }
  }

  private String data() {
    return directory.resolve("data").toString();
  }

  /**
   * PostgreSQL refuses to run as root; in a user namespace of its own it does not see that it is.
   */
  private void run(String name, String... arguments) throws IOException, InterruptedException {
    if (!Files.isExecutable(PROGRAMS.resolve(name))) {
      throw new IllegalStateException(
          "This test needs " + PROGRAMS.resolve(name) + ": run `apt-get install postgresql-15`");
    }
    List<String> words = new ArrayList<>(List.of("-U", PROGRAMS.resolve(name).toString()));
    words.addAll(List.of(arguments));
    var result =
        ClientProgram.find("unshare", "util-linux").run(directory, Map.of(), PATIENCE, words);
    if (result.exitCode() != 0) {
      throw new IOException(name + " failed: " + result.stdout() + result.stderr());
    }
  }
}

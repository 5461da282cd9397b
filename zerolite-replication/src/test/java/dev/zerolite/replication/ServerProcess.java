package dev.zerolite.replication;

import dev.zerolite.config.ReplicationMode;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.selftest.DecodingRecord;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A cluster in a JVM of its own, which can be killed. */
final class ServerProcess implements PgServer {
  private final Process process;
  private final int port;

  private ServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static ServerProcess start(Path data) throws IOException {
    return start(data, ReplicationMode.DECODING);
  }

  static ServerProcess startInMemory() throws IOException {
    return start("", ReplicationMode.DECODING);
  }

  static ServerProcess start(Path data, ReplicationMode mode) throws IOException {
    return start(data.toString(), mode);
  }

  private static ServerProcess start(String data, ReplicationMode mode) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                ServerProcess.class.getName(),
                data,
                mode.name())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
    if (line == null) {
      throw new IOException("the server process ended before it listened");
    }
    return new ServerProcess(process, Integer.parseInt(line));
  }

  /** Serves until its standard input ends. */
  public static void main(String[] arguments) throws Exception {
    boolean inMemory = arguments[0].isEmpty();
    ClusterOptions options =
        inMemory ? ClusterOptions.inMemory() : ClusterOptions.onDisk(Path.of(arguments[0]));
    ReplicationMode mode = ReplicationMode.valueOf(arguments[1]);
    Engine engine = Engine.load();
    try (Cluster cluster = Cluster.start(engine, options);
        Replication replication =
            new Replication(
                cluster,
                () -> DecodingRecord.isWith(engine),
                mode,
                inMemory ? TriggerMark.ofNewCluster() : TriggerMark.in(Path.of(arguments[0])),
                "postgres");
        WireServer wire = WireServer.start(WireConfig.onLoopback(0), replication)) {
      replication.begin("postgres");
      System.out.println(wire.port());
      while (System.in.read() >= 0) {
        // what it says does not matter
      }
    }
  }

  /** As kill -9. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.TestSessions.TestSession;
import dev.zerolite.pglite.host.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody else in the JVM takes all of its heap, so that an OutOfMemoryError may strike any thread
 * anywhere. When there is memory again, the clusters serve again, by recovery if need be, and have
 * what was committed. Runs in a JVM of its own, and by name only: what such an error leaves behind
 * in Java's own objects is not always whole.
 */
@Timeout(240)
class ExhaustedHeap {
  private static final int ROUNDS = 3;

  @TempDir private Path directory;

  @Test
  void theClustersServeAgain() throws Exception {
    Path output = directory.resolve("output.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx400m",
                "-classpath",
                System.getProperty("java.class.path"),
                ExhaustedHeap.class.getName(),
                directory.resolve("data").toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(200, TimeUnit.SECONDS);
    process.destroyForcibly();
    String text = Files.readString(output, UTF_8);
    assertThat(text.lines().filter(line -> line.startsWith("> ")))
        .as(text)
        .containsExactly("> memory: it serves", "> disk: it serves", "> closed");
    assertThat(ended).isTrue();
  }

  /** The process: prints which of its clusters serve when there is memory again. */
  public static void main(String[] arguments) throws Exception {
    Engine engine = Engine.load();
    try (Cluster inMemory = Cluster.start(engine, ClusterOptions.inMemory());
        Cluster onDisk = Cluster.start(engine, ClusterOptions.onDisk(Path.of(arguments[0])))) {
      Writer first = new Writer(inMemory);
      Writer second = new Writer(onDisk);
      for (int round = 0; round < ROUNDS; round++) {
        exhaustHeap();
      }
      System.out.println("> memory: " + first.verdict());
      System.out.println("> disk: " + second.verdict());
    }
    System.out.println("> closed");
    System.exit(0);
  }

  /** Down to the last kilobytes, whoever asks for them. */
  private static void exhaustHeap() {
    List<byte[]> hog = new ArrayList<>(1 << 20);
    for (int size = 8 << 20; size >= 256; size /= 8) {
      try {
        while (true) {
          hog.add(new byte[size]);
        }
      } catch (OutOfMemoryError e) {
        // that is wanted
      }
    }
    hog.clear();
  }

  /** Inserts rows one by one, in one session after the other, and counts what was acknowledged. */
  private static final class Writer {
    private final Cluster cluster;
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final Thread thread = new Thread(this::write, "writer");
    private volatile boolean stopped;

    Writer(Cluster cluster) throws Exception {
      this.cluster = cluster;
      try (TestSessions sessions = new TestSessions(cluster)) {
        sessions.open().run("CREATE TABLE t (v text)");
      }
      thread.setDaemon(true);
      thread.start();
    }

    private void write() {
      while (!stopped) {
        try (TestSessions sessions = new TestSessions(cluster)) {
          TestSession sql = sessions.open();
          while (!stopped && sql.run("INSERT INTO t VALUES ('x') RETURNING v").equals("x")) {
            acknowledged.incrementAndGet();
          }
        } catch (Exception | OutOfMemoryError e) {
          // the next one may have more luck
        }
      }
    }

    String verdict() throws Exception {
      stopped = true;
      thread.join(TimeUnit.SECONDS.toMillis(30));
      if (thread.isAlive()) {
        return "the writer waits for an answer for ever";
      }
      try (TestSessions sessions = new TestSessions(cluster)) {
        TestSession sql = CrashTest.openWhenRecovered(sessions);
        int rows = Integer.parseInt(sql.run("SELECT count(*) FROM t"));
        if (rows < acknowledged.get()) {
          return "%d of %d rows are there".formatted(rows, acknowledged.get());
        }
        // the clock's thread still ticks
        sql.run("SET statement_timeout = '100ms'");
        String slept = sql.run("SELECT pg_sleep(60)");
        return slept.startsWith("!57014") ? "it serves" : slept;
      }
    }
  }
}

package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A JVM that writes from several sessions is killed (SIGKILL) at a random moment, started again on
 * the same directory, and killed again: while it recovers, checks or writes. Every commit that was
 * acknowledged must be there, no transaction by half, and amcheck must be content.
 *
 * <p>{@code -Dkills=100} runs longer; {@code -Dseed=…} repeats a run's choices.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class KillTest {
  private static final int KILLS = Integer.getInteger("kills", 4);
  private static final long LONGEST_WAIT_SECONDS = 180;

  @TempDir Path scratch;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  // The last acknowledged number of each writer.
  private final Map<Integer, Integer> acknowledged = new TreeMap<>();
  private final List<Long> recoveries = new ArrayList<>();
  private int killedEarly;

  @Test
  void nothingAcknowledgedIsLost() throws Exception {
    System.out.printf("%d kills, seed %d%n", KILLS, seed);
    for (int kill = 1; kill <= KILLS; kill++) {
      // A few die while they boot or recover.
      boolean early = kill > 1 && random.nextInt(5) == 0;
      try (Run run = new Run(random.nextBoolean() ? "on" : "off", false)) {
        if (early) {
          run.awaitRecovery(random.nextInt(3000));
          killedEarly++;
        } else {
          run.awaitWriting();
          run.awaitCommits(random.nextInt(300));
          TimeUnit.MILLISECONDS.sleep(random.nextInt(100)); // the random moment itself
        }
        run.process.destroyForcibly();
        run.adopt();
      }
    }
    try (Run run = new Run("on", true)) {
      run.awaitWriting();
      assertThat(run.process.waitFor(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(run.process.exitValue()).isZero();
      run.adopt();
    }
    System.out.printf(
        "%d kills (%d while starting), %d commits acknowledged, start with recovery %d ms at most, %d on average%n",
        KILLS,
        killedEarly,
        acknowledged.values().stream().mapToInt(Integer::intValue).sum(),
        recoveries.stream().mapToLong(Long::longValue).max().orElse(0),
        (long) recoveries.stream().mapToLong(Long::longValue).average().orElse(0));
  }

  /** One life of the child. */
  private final class Run implements AutoCloseable {
    private final Process process;
    private final Thread reader;
    private final CountDownLatch recovered = new CountDownLatch(1);
    private final CountDownLatch writing = new CountDownLatch(1);
    private final Semaphore commits = new Semaphore(0);
    // Written by the reader, read when it has ended.
    private final Map<Integer, Integer> last = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();

    Run(String fsync, boolean onlyCheck) throws IOException {
      Path numbers = scratch.resolve("acknowledged");
      Files.write(
          numbers,
          acknowledged.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList());
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx700m",
                  "-XX:+UseSerialGC",
                  // It lives for seconds: compile quickly, not well.
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  KilledWriters.class.getName(),
                  scratch.resolve("data").toString(),
                  Long.toString(random.nextLong()),
                  fsync,
                  numbers.toString()));
      if (onlyCheck) {
        command.add("check");
      }
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      reader = new Thread(this::read, "killed-output");
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (BufferedReader output =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
          take(line.split(" ", 3));
        }
      } catch (IOException | UncheckedIOException e) {
        // it is dead
      } finally {
        recovered.countDown();
        writing.countDown();
        commits.release(Integer.MAX_VALUE / 2);
      }
    }

    private void take(String[] words) {
      switch (words[0]) {
        case "RECOVERED" -> {
          recoveries.add(Long.valueOf(words[1]));
          recovered.countDown();
        }
        case "LAST" -> last.put(Integer.valueOf(words[1]), Integer.valueOf(words[2]));
        case "ACK" -> {
          last.put(Integer.valueOf(words[1]), Integer.valueOf(words[2]));
          commits.release();
        }
        case "FAULT" -> faults.add(String.join(" ", words));
        default -> writing.countDown();
      }
    }

    void awaitRecovery(long atMostMillis) throws InterruptedException {
      recovered.await(atMostMillis, TimeUnit.MILLISECONDS);
    }

    void awaitWriting() throws InterruptedException {
      assertThat(writing.await(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(faults).as("seed %d", seed).isEmpty();
      assertThat(process.isAlive() || process.exitValue() == 0).isTrue();
    }

    void awaitCommits(int count) throws InterruptedException {
      assertThat(commits.tryAcquire(count, LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    /** Takes over what the child has told, when it has told all. */
    void adopt() throws InterruptedException {
      reader.join(TimeUnit.SECONDS.toMillis(LONGEST_WAIT_SECONDS));
      assertThat(faults).as("seed %d", seed).isEmpty();
      acknowledged.putAll(last);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}

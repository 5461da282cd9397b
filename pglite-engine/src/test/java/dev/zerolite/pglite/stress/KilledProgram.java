package dev.zerolite.pglite.stress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

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
import java.util.stream.Collectors;

/**
 * A program that opens a data directory, checks what is in it and writes; it is killed (SIGKILL) at
 * a random moment, started again, and killed again: while it recovers, checks or writes.
 *
 * <p>Its arguments: directory, seed, value of fsync, a file with the last acknowledged number of
 * each writer ("writer number" a line); "check" as a fifth one ends it in order after the check. It
 * tells on standard output, a line each: {@code RECOVERED millis}, {@code FAULT text}, {@code LAST
 * writer number} for each writer, {@code WRITING}, and {@code ACK writer number} for each commit
 * that was answered.
 */
final class KilledProgram {
  private static final long LONGEST_WAIT_SECONDS = 180;

  private final Class<?> program;
  private final Path scratch;
  private final long seed;
  private final Random random;
  // The last acknowledged number of each writer.
  private final Map<Integer, Integer> acknowledged = new TreeMap<>();
  private final List<Long> recoveries = new ArrayList<>();
  private int killedEarly;

  /**
   * @param program has a main method
   * @param scratch where its directory comes
   */
  KilledProgram(Class<?> program, Path scratch, long seed) {
    this.program = program;
    this.scratch = scratch;
    this.seed = seed;
    this.random = new Random(seed);
  }

  /** For the program: what its argument of that name holds. */
  static Map<Integer, Integer> acknowledged(String file) throws IOException {
    Map<Integer, Integer> acknowledged = new TreeMap<>();
    for (String line : Files.readAllLines(Path.of(file))) {
      String[] words = line.split(" ");
      acknowledged.put(Integer.valueOf(words[0]), Integer.valueOf(words[1]));
    }
    return acknowledged;
  }

  /** For the program: which writers' commits are lost, given the last number of each. */
  static List<String> lost(Map<Integer, Integer> acknowledged, Map<Integer, Integer> last) {
    List<String> lost = new ArrayList<>();
    acknowledged.forEach(
        (writer, seq) -> {
          int found = last.getOrDefault(writer, 0);
          // One more may have been committed without anyone having been told.
          if (found < seq || found > seq + 1) {
            lost.add(
                "writer %d was told of commit %d, and %d is the last"
                    .formatted(writer, seq, found));
          }
        });
    return lost;
  }

  /** For the program: tells something, as a line. */
  static synchronized void say(String line) {
    System.out.println(line.replace('\n', ' '));
    System.out.flush();
  }

  Path directory() {
    return scratch.resolve("data");
  }

  /** Fails if anything is amiss after one of the kills. */
  void kill(int kills) throws Exception {
    System.out.printf("%d kills, seed %d%n", kills, seed);
    for (int kill = 1; kill <= kills; kill++) {
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
        kills,
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
                  "-Xmx1g",
                  "-XX:+UseSerialGC",
                  // It lives for seconds: compile quickly, not well.
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  program.getName(),
                  directory().toString(),
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

    void awaitWriting() throws IOException, InterruptedException {
      if (!writing.await(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)) {
        fail("seed %d, start %d takes too long:%n%s", seed, recoveries.size(), stacks());
      }
      assertThat(faults).as("seed %d", seed).isEmpty();
      assertThat(process.isAlive() || process.exitValue() == 0).isTrue();
    }

    /** What its threads do. */
    private String stacks() throws IOException {
      Process jstack =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jstack").toString(),
                  Long.toString(process.pid()))
              .redirectErrorStream(true)
              .start();
      try (BufferedReader output =
          new BufferedReader(new InputStreamReader(jstack.getInputStream(), UTF_8))) {
        return output.lines().collect(Collectors.joining("\n"));
      }
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

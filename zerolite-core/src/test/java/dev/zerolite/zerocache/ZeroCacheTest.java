package dev.zerolite.zerocache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.process.NodeRuntime;
import dev.zerolite.process.Supervised.Ending;
import dev.zerolite.process.Supervised.Verdict.GiveUp;
import dev.zerolite.process.Supervised.Verdict.Restart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ZeroCacheTest {
  @TempDir Path directory;

  private CountDownLatch isSetUp = new CountDownLatch(0);
  private Path replica;
  private ZeroCache zeroCache;

  @BeforeEach
  void create() throws Exception {
    replica = Files.writeString(directory.resolve("replica.db"), "");
    zeroCache =
        new ZeroCache(
            new ZeroCacheInstallation(Path.of("cli.js")),
            new NodeRuntime(Path.of("node"), "22.0.0", List.of()),
            directory,
            new ZeroCacheEnvironment("up", "cvr", "cdb", replica, 5849, Path.of("compiled")),
            Map.of(),
            Map.of(),
            new ZeroCache.DatabaseSetUp() {
              @Override
              public boolean isDone() {
                return isSetUp.getCount() == 0;
              }

              @Override
              public void await() throws InterruptedException {
                isSetUp.await();
              }
            });
  }

  private void beginSetUp() {
    isSetUp = new CountDownLatch(1);
  }

  @Test
  void startsAgainWhenAskedToWithGrowingPausesAndItsReplica() throws Exception {
    assertThat(zeroCache.ended(new Ending(14, true, 1)))
        .isEqualTo(new Restart(Duration.ofMillis(500), "it asks to be started again"));
    assertThat(zeroCache.ended(new Ending(14, false, 5)))
        .isEqualTo(new Restart(Duration.ofSeconds(8), "it asks to be started again"));
    assertThat(zeroCache.ended(new Ending(14, false, 8)))
        .isEqualTo(new Restart(Duration.ofSeconds(10), "it asks to be started again"));

    zeroCache.command();
    assertThat(replica).exists();
  }

  @Test
  void givesUpTheReplicaBeforeItGivesUp() throws Exception {
    assertThat(zeroCache.ended(new Ending(1, true, 1))).isInstanceOf(Restart.class);
    assertThat(zeroCache.ended(new Ending(1, false, 2))).isInstanceOf(Restart.class);
    zeroCache.command();
    assertThat(replica).exists();

    assertThat(zeroCache.ended(new Ending(1, false, 3)))
        .isEqualTo(new Restart(Duration.ofSeconds(2), "starting it again with a new replica"));
    zeroCache.command();
    assertThat(replica).doesNotExist();

    zeroCache.line("no such thing");
    assertThat(zeroCache.ended(new Ending(255, false, 4)))
        .isInstanceOfSatisfying(
            GiveUp.class,
            giveUp ->
                assertThat(giveUp.reason())
                    .contains("ended 4 times in a row, the last time with exit code 255")
                    .contains("no such thing"));
  }

  @Test
  void askingForeverToBeStartedIsAFailureToo() {
    assertThat(zeroCache.ended(new Ending(14, false, 9))).isInstanceOf(GiveUp.class);
  }

  @Test
  @Timeout(60)
  void onlyTheFirstRunStartsBesideTheSetUpOfTheDatabase() throws Exception {
    beginSetUp();
    var first = zeroCache.command();
    assertThat(zeroCache.ended(new Ending(14, false, 9)))
        .isEqualTo(
            new Restart(
                Duration.ofMillis(500),
                "starting it again as soon as the database has been set up"));
    var second = new FutureTask<>(zeroCache::command);
    var supervisor = new Thread(second, "supervisor");
    supervisor.start();

    while (supervisor.getState() != Thread.State.WAITING) {
      assertThat(supervisor.isAlive()).isTrue();
      Thread.onSpinWait();
    }
    isSetUp.countDown();
    assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(first);
  }

  @Test
  void anInterruptEndsTheWaitForTheDatabase() throws Exception {
    beginSetUp();
    zeroCache.command();
    Thread.currentThread().interrupt();

    assertThatThrownBy(zeroCache::command).isInstanceOf(InterruptedException.class);
  }

  @Test
  void aWipedDatabaseGetsANewReplica() throws Exception {
    zeroCache.withNewReplica().command();

    assertThat(replica).doesNotExist();
  }
}

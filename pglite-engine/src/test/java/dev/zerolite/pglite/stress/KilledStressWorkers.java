package dev.zerolite.pglite.stress;

import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.testing.WireClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** The program that {@link KilledStress} kills; see {@link KilledProgram}. */
final class KilledStressWorkers implements StressWorker.Witness {
  private static final int SESSIONS = 8;

  private final CountDownLatch failed = new CountDownLatch(1);

  public static void main(String[] arguments) throws Exception {
    long begun = System.nanoTime();
    Map<Integer, Integer> acknowledged = KilledProgram.acknowledged(arguments[3]);
    ClusterOptions options =
        ClusterOptions.onDisk(Path.of(arguments[0]))
            .withSetting("fsync", arguments[2])
            .withSetting("deadlock_timeout", "100ms");
    try (Cluster cluster = Cluster.start(Engine.load(), options);
        WireClient observer = WireClient.open(cluster, "postgres", "stress, the observer")) {
      KilledProgram.say("RECOVERED " + (System.nanoTime() - begun) / 1_000_000);
      StressSchema schema = new StressSchema(observer);
      schema.createIfMissing();
      Map<Integer, Integer> last = schema.last();
      faults(observer, schema, acknowledged, last)
          .forEach(fault -> KilledProgram.say("FAULT " + fault));
      last.forEach((worker, seq) -> KilledProgram.say("LAST " + worker + " " + seq));
      KilledProgram.say("WRITING");
      if (arguments.length == 4) {
        new KilledStressWorkers().write(cluster, last, Long.parseLong(arguments[1]));
      }
    }
    System.exit(0);
  }

  private static List<String> faults(
      WireClient observer,
      StressSchema schema,
      Map<Integer, Integer> acknowledged,
      Map<Integer, Integer> last)
      throws InterruptedException {
    List<String> faults = KilledProgram.lost(acknowledged, last);
    // before anything is removed, so that it is checked, too
    AmCheck amcheck = new AmCheck(observer);
    faults.addAll(amcheck.run());
    schema.tidy();
    faults.addAll(schema.mismatches());
    return faults;
  }

  private void write(Cluster cluster, Map<Integer, Integer> last, long seed) throws Exception {
    for (int i = 0; i < SESSIONS; i++) {
      StressWorker worker =
          new StressWorker(i, last.getOrDefault(i, 0), cluster, seed * 31 + i, this);
      Thread thread =
          new Thread(
              () -> {
                try {
                  worker.runUntil(Long.MAX_VALUE);
                } catch (Exception e) {
                  e.printStackTrace();
                  violation(e.toString());
                }
              },
              "worker-" + i);
      thread.setDaemon(true);
      thread.start();
    }
    failed.await();
  }

  @Override
  public void committed(int worker, int seq) {
    KilledProgram.say("ACK " + worker + " " + seq);
  }

  @Override
  public void violation(String text) {
    KilledProgram.say("FAULT " + text);
    failed.countDown();
  }
}

package dev.zerolite.pglite.stress;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A JVM that writes from several sessions is killed again and again. Every commit that was
 * acknowledged must be there, no transaction by half, and amcheck must be content.
 *
 * <p>{@code -Dkills=100} runs longer; {@code -Dseed=…} repeats a run's choices.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class KillTest {
  @TempDir Path scratch;

  @Test
  void nothingAcknowledgedIsLost() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    new KilledProgram(KilledWriters.class, scratch, seed).kill(Integer.getInteger("kills", 4));
  }
}

package dev.zerolite.pglite.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The stress, killed again and again, and after each kill everything that it must leave. Takes a
 * quarter of an hour, so its name keeps it out of the normal run: {@code mvn -pl pglite-engine -am
 * test -Dtest=KilledStress -Dsurefire.failIfNoSpecifiedTests=false}, with {@code -Dkills=50} (10).
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class KilledStress {
  @TempDir Path scratch;

  @Test
  void nothingAcknowledgedIsLost() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    KilledProgram program = new KilledProgram(KilledStressWorkers.class, scratch, seed);
    program.kill(Integer.getInteger("kills", 10));
    UnpatchedPglite.Verdict verdict = new UnpatchedPglite(scratch).check(program.directory());
    assertThat(verdict.faults()).isEmpty();
    assertThat(verdict.checked()).isGreaterThan(200);
  }
}

package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PatienceTest {
  private static final long MILLIS = 1_000_000;

  private final Patience patience = new Patience(0);

  @Test
  void whoHasNotTakenAnythingIsDueAtOnce() {
    assertThat(patience.isDue(0)).isTrue();
  }

  @Test
  void othersGetBackManyTimesWhatWasTaken() {
    patience.ranBeforeOthers(2 * MILLIS, 10 * MILLIS);
    assertThat(patience.isDue(41 * MILLIS)).isFalse();
    assertThat(patience.isDue(42 * MILLIS)).isTrue();
  }

  @Test
  void smallDebtsAddUp() {
    patience.ranBeforeOthers(MILLIS, 0);
    patience.ranBeforeOthers(MILLIS, 8 * MILLIS);
    assertThat(patience.due()).isEqualTo(32 * MILLIS);
  }

  @Test
  void theWaitIsBounded() {
    patience.ranBeforeOthers(50 * MILLIS, 0);
    patience.ranBeforeOthers(50 * MILLIS, MILLIS);
    assertThat(patience.due()).isEqualTo(MILLIS + Patience.LONGEST_WAIT_NANOS);
  }

  @Test
  void whoNeverCatchesUpGetsAsMuchAsTheOthers() {
    long now = Patience.LONGEST_HUNGER_NANOS;
    patience.ranBeforeOthers(2 * MILLIS, now);
    assertThat(patience.due()).isEqualTo(now + 2 * MILLIS);
    patience.rested(now + 2 * MILLIS);
    patience.ranBeforeOthers(2 * MILLIS, now + 4 * MILLIS);
    assertThat(patience.due()).isEqualTo(now + 36 * MILLIS);
  }

  @Test
  void aClockThatWrapsAroundDoesNotMatter() {
    long now = Long.MAX_VALUE - MILLIS;
    Patience late = new Patience(now);
    late.ranBeforeOthers(MILLIS, now);
    assertThat(late.isDue(now + 15 * MILLIS)).isFalse();
    assertThat(late.isDue(now + 16 * MILLIS)).isTrue();
  }
}

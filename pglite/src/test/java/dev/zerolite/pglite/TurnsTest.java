package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final long MILLIS = 1_000_000;

  private final Turns<String> turns = new Turns<>(who -> who.startsWith("background"));

  /** Somebody who took one millisecond at 0, and so is due at 16. */
  private static Patience indebted() {
    Patience patience = new Patience(0);
    patience.ranBeforeOthers(MILLIS, 0);
    return patience;
  }

  private List<String> all(long now) {
    List<String> order = new ArrayList<>();
    Optional<String> next = turns.next(now, true);
    while (next.isPresent()) {
      order.add(next.get());
      next = turns.next(now, true);
    }
    return order;
  }

  @Test
  void firstComeFirstServed() {
    turns.add("a");
    turns.add("b");
    turns.addPatient("idle until now", new Patience(0), MILLIS);
    turns.add("c");
    assertThat(all(MILLIS)).containsExactly("a", "b", "idle until now", "c");
  }

  @Test
  void whoIsNotDueWaitsForAllOthers() {
    turns.addPatient("patient", indebted(), MILLIS);
    turns.add("a");
    turns.add("b");
    assertThat(all(MILLIS)).containsExactly("a", "b", "patient");
  }

  @Test
  void whoIsNotDueWaitsUntilItIsQuiet() {
    turns.addPatient("patient", indebted(), MILLIS);
    assertThat(turns.next(15 * MILLIS, false)).isEmpty();
    assertThat(turns.next(15 * MILLIS, true)).hasValue("patient");
    turns.addPatient("patient", indebted(), MILLIS);
    assertThat(turns.next(16 * MILLIS, false)).hasValue("patient");
  }

  @Test
  void whoIsNotDueNeedNotWaitForTheBackground() {
    turns.addPatient("patient", indebted(), MILLIS);
    turns.add("background");
    assertThat(all(MILLIS)).containsExactly("patient", "background");
    turns.addPatient("patient", indebted(), MILLIS);
    turns.add("background");
    turns.add("a");
    assertThat(all(MILLIS)).containsExactly("background", "a", "patient");
  }

  @Test
  void whoIsDueWaitsNoLonger() {
    turns.addPatient("patient", indebted(), MILLIS);
    turns.add("a");
    turns.add("b");
    assertThat(turns.next(15 * MILLIS, true)).hasValue("a");
    assertThat(all(16 * MILLIS)).containsExactly("patient", "b");
  }

  @Test
  void theOneThatIsDueFirstGoesFirst() {
    Patience longer = indebted();
    longer.ranBeforeOthers(MILLIS, 0);
    turns.addPatient("second", longer, MILLIS);
    turns.addPatient("first", indebted(), MILLIS);
    assertThat(turns.firstDue(MILLIS)).isEqualTo(16 * MILLIS);
    assertThat(all(MILLIS)).containsExactly("first", "second");
  }

  @Test
  void theLineIsWhoNeedNotBePatient() {
    turns.addPatient("patient", indebted(), MILLIS);
    assertThat(turns.hasLine()).isFalse();
    turns.add("a");
    assertThat(turns.hasLine()).isTrue();
  }

  @Test
  void whoLeavesIsForgotten() {
    turns.add("a");
    turns.addPatient("patient", indebted(), MILLIS);
    assertThat(turns.all()).containsExactly("a", "patient");
    turns.remove("a");
    turns.remove("patient");
    assertThat(turns.next(MILLIS, true)).isEmpty();
    assertThat(turns.firstDue(MILLIS)).isEqualTo(Long.MAX_VALUE);
  }
}

package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PendingMessagesTest {
  private final PendingMessages pending = new PendingMessages();

  private void send(String types) {
    types.chars().forEach(type -> pending.send((char) type));
  }

  private boolean isAnsweredBy(String types) {
    types.chars().forEach(type -> pending.receive((char) type));
    return pending.areAnswered();
  }

  @BeforeEach
  void loggedIn() {
    assertThat(pending.areAnswered()).isFalse();
    assertThat(isAnsweredBy("RSSSKZ")).isTrue();
  }

  @Test
  void eachQueryAndSyncIsAnswered() {
    send("QPBDESQ");
    assertThat(isAnsweredBy("TDCZ12TDC")).isFalse();
    assertThat(isAnsweredBy("ZTDC")).isFalse();
    assertThat(isAnsweredBy("Z")).isTrue();
  }

  @Test
  void whatFollowsAnErrorIsSkippedUpToASync() {
    send("PBQS");
    assertThat(isAnsweredBy("E")).isFalse();
    assertThat(isAnsweredBy("Z")).isTrue();
    send("PBH");
    assertThat(isAnsweredBy("1E")).isTrue();
    send("Q");
    assertThat(pending.areAnswered()).isTrue();
    send("SQ");
    assertThat(isAnsweredBy("Z")).isFalse();
    assertThat(isAnsweredBy("EZ")).isTrue();
  }

  @Test
  void anErrorOfAQueryBehindMessagesThatSucceededSkipsNothing() {
    send("PBEQS");
    assertThat(isAnsweredBy("12DCE")).isFalse();
    assertThat(isAnsweredBy("Z")).isFalse();
    assertThat(isAnsweredBy("Z")).isTrue();
  }

  @Test
  void dataMayComeInPieces() {
    send("Q");
    assertThat(isAnsweredBy("G")).isTrue();
    send("dSdH");
    assertThat(pending.areAnswered()).isTrue();
    send("dc");
    assertThat(pending.areAnswered()).isFalse();
    assertThat(isAnsweredBy("CZ")).isTrue();
  }

  @Test
  void aSyncBeforeTheEndOfTheDataIsRead() {
    send("PBES");
    assertThat(isAnsweredBy("12G")).isTrue();
    send("dcS");
    assertThat(isAnsweredBy("C")).isFalse();
    assertThat(isAnsweredBy("Z")).isTrue();
    send("PBESddcS");
    assertThat(isAnsweredBy("12G")).isFalse();
    assertThat(isAnsweredBy("CZ")).isTrue();
  }

  @Test
  void dataThatIsRefusedEndsTheCopy() {
    send("Q");
    assertThat(isAnsweredBy("G")).isTrue();
    send("d");
    assertThat(isAnsweredBy("EZ")).isTrue();
    send("dcQ");
    assertThat(isAnsweredBy("C")).isFalse();
    assertThat(isAnsweredBy("Z")).isTrue();
  }

  @Test
  void aQueryMayCopyTwice() {
    send("QdcQ");
    assertThat(isAnsweredBy("GC")).isFalse();
    assertThat(isAnsweredBy("G")).isFalse();
  }
}

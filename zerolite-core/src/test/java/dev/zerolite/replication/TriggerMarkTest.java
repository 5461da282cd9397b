package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TriggerMarkTest {
  @Test
  void theNextStartKnowsWhichDatabasesHaveTriggers(@TempDir Path directory) throws Exception {
    TriggerMark first = TriggerMark.in(directory);
    assertThat(first.has("app")).isFalse();
    first.add("app");
    first.add("Ünïcode \"db\"");
    first.add("app");

    TriggerMark second = TriggerMark.in(directory);
    assertThat(second.has("app")).isTrue();
    assertThat(second.has("Ünïcode \"db\"")).isTrue();
    assertThat(second.has("other")).isFalse();
    second.remove("other");
    second.remove("app");
    assertThat(second.has("app")).isFalse();

    TriggerMark third = TriggerMark.in(directory);
    assertThat(third.has("app")).isFalse();
    third.remove("Ünïcode \"db\"");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aNewClusterHasNone() throws Exception {
    TriggerMark mark = TriggerMark.ofNewCluster();
    assertThat(mark.has("app")).isFalse();
    mark.add("app");
    assertThat(mark.has("app")).isTrue();
    mark.remove("app");
    assertThat(mark.has("app")).isFalse();
  }
}

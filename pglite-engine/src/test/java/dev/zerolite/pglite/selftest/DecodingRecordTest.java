package dev.zerolite.pglite.selftest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.decode.PgOutput;
import dev.zerolite.pglite.host.Engine;
import java.io.InputStream;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DecodingRecordTest {
  private static final String CLASS = PgOutput.class.getName().replace('.', '/') + ".class";

  private final Engine engine = Engine.load();
  private final String record =
      engine.file(DecodingRecord.FILE).map(bytes -> new String(bytes, UTF_8)).orElse("");

  @Test
  void theBuildHasPassedTheTestWithTheClassesThatAreHere() {
    assertThat(DecodingRecord.isWith(engine)).isTrue();
    assertThat(record)
        .contains("postgres ", CLASS, "wasm/LinearMemory.class", "selftest/DecodingRecord.class");
  }

  @Test
  void anotherPostgresWasNotTested() {
    String other = record.replaceFirst("(?m)^postgres .", "postgres x");
    assertThat(DecodingRecord.holds(other, engine)).isFalse();
  }

  @Test
  void aChangedClassWasNotTested() throws Exception {
    byte[] bytes;
    try (InputStream file = PgOutput.class.getClassLoader().getResourceAsStream(CLASS)) {
      bytes = file.readAllBytes();
    }
    assertThat(DecodingRecord.holds(DecodingRecord.of(engine, Map.of(CLASS, bytes)), engine))
        .isTrue();
    bytes[bytes.length - 1]++;
    assertThat(DecodingRecord.holds(DecodingRecord.of(engine, Map.of(CLASS, bytes)), engine))
        .isFalse();
  }

  @Test
  void aClassThatIsGoneWasNotTested() {
    String other = record.replace("decode/PgOutput.class", "decode/Gone.class");
    assertThat(DecodingRecord.holds(other, engine)).isFalse();
  }

  @Test
  void withoutARecordNothingWasTested() {
    assertThat(DecodingRecord.holds("", engine)).isFalse();
    assertThat(DecodingRecord.holds("nonsense\n", engine)).isFalse();
  }
}

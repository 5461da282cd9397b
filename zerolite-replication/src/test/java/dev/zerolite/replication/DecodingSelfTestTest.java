package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.selftest.DecodingRecord;
import dev.zerolite.pglite.selftest.DecodingSelfTest;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class DecodingSelfTestTest {
  private static OurServer server;

  @BeforeAll
  static void start() throws Exception {
    server = OurServer.start(Map.of());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void decodingPassesAndNothingIsLeft() throws Exception {
    assertThat(DecodingSelfTest.run(server.cluster(), "postgres", "postgres")).isEmpty();
    long begun = System.nanoTime();
    assertThat(DecodingSelfTest.run(server.cluster(), "postgres", "postgres")).isEmpty();
    System.out.println("self-test again: " + (System.nanoTime() - begun) / 1_000_000 + " ms");
    try (PgConnection sql = PgConnection.open(server)) {
      assertThat(
              sql.value(
                  "SELECT (SELECT count(*) FROM pg_replication_slots)"
                      + " + (SELECT count(*) FROM pg_publication)"
                      + " + (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'zerolite%')"))
          .isEqualTo("0");
    }
  }

  @Test
  void theBuildHasTestedIt() {
    assertThat(DecodingRecord.isWith(Engine.load())).isTrue();
  }

  @Test
  void aValueThatIsNotWhatWasWrittenIsFound() throws Exception {
    assertThat(
            DecodingSelfTest.run(
                new DamagedOutput(server.cluster(), "12.50", "12.51"), "postgres", "postgres"))
        .hasValueSatisfying(reason -> assertThat(reason).contains("Insert"));
  }

  @Test
  void aWrongTypeIsFound() throws Exception {
    assertThat(
            DecodingSelfTest.run(
                new DamagedOutput(server.cluster(), "id\0\0\0\0\u0017", "id\0\0\0\0\u0014"),
                "postgres",
                "postgres"))
        .hasValueSatisfying(reason -> assertThat(reason).contains("Relation"));
  }

  @Test
  void anErrorIsFound() throws Exception {
    assertThat(DecodingSelfTest.run(server.cluster(), "postgres", "no such database"))
        .hasValueSatisfying(reason -> assertThat(reason).contains("3D000"));
  }
}

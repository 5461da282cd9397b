package dev.zerolite.cli.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.cli.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.LocalTime;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ConsoleLogTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ConsoleLog log =
      new ConsoleLog(
          new PrintStream(out, true, UTF_8), new Terminal(false), () -> LocalTime.of(9, 5, 7));

  @Test
  void isWhatSlf4jFinds() {
    assertThat(LoggerFactory.getILoggerFactory()).isInstanceOf(ConsoleLog.class);
  }

  @Test
  void tellsTimeAndMessage() {
    log.getLogger("dev.zerolite.ZeroLite").info("port {} of {}", 1, 2);
    assertThat(lines()).isEqualTo("09:05:07 port 1 of 2\n");
  }

  @Test
  void namesChildrenAndLevels() {
    log.getLogger("zero-cache").info("ready");
    log.getLogger("zero-cache").warn("slow");
    log.getLogger("dev.zerolite.x").error("lost", new IllegalStateException("why"));
    assertThat(lines())
        .startsWith(
            "09:05:07 zero-cache | ready\n09:05:07 zero-cache | warning: slow\n"
                + "09:05:07 error: lost\njava.lang.IllegalStateException: why\n\tat ");
  }

  @Test
  void leavesOutWhatClientsWereTold() {
    log.getLogger("postgres").info("LOG");
    log.getLogger("org.gaul.s3proxy").error("refused");
    log.getLogger("dev.zerolite.x").debug("details");
    assertThat(lines()).isEmpty();
  }

  @Test
  void showsMoreWhenAsked() {
    var before = log.getLogger("dev.zerolite.x");
    log.setDebug();
    log.getLogger("postgres").info("LOG");
    log.getLogger("org.gaul.s3proxy").info("request");
    before.debug("details");
    before.trace("nothing");
    assertThat(lines())
        .isEqualTo(
            "09:05:07 postgres | LOG\n09:05:07 org.gaul.s3proxy | request\n09:05:07 details\n");
  }

  private String lines() {
    return out.toString(UTF_8);
  }
}

package dev.zerolite.pglite;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What log_connections says of a session. */
class ConnectionLogTest {
  private static final Pattern READY =
      Pattern.compile(
          "connection ready: setup total=([0-9.]+) ms, fork=([0-9.]+) ms, authentication=([0-9.]+) ms");

  private final Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger("postgres");
  private final CompletableFuture<Matcher> ready = new CompletableFuture<>();
  private final AppenderBase<ILoggingEvent> lines =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          Matcher matcher = READY.matcher(event.getFormattedMessage());
          if (matcher.find()) {
            ready.complete(matcher);
          }
        }
      };
  private Level before;

  @BeforeEach
  void listen() {
    before = logger.getLevel();
    logger.setLevel(Level.DEBUG);
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(lines);
    logger.setLevel(before);
  }

  @Test
  void theDurationsOfASetUpAreThoseOfTheSession() throws Exception {
    long begun = System.nanoTime();
    try (PGlite postgres = PGlite.builder().setting("log_connections", "all").start();
        Connection connection = DriverManager.getConnection(postgres.jdbcUrl())) {
      assertThat(connection.isValid(10)).isTrue();
      Matcher durations = ready.get(1, TimeUnit.MINUTES);
      double most = (System.nanoTime() - begun) / 1e6;

      double total = Double.parseDouble(durations.group(1));
      double fork = Double.parseDouble(durations.group(2));
      double authentication = Double.parseDouble(durations.group(3));
      assertThat(fork).isPositive();
      assertThat(authentication).isPositive();
      assertThat(total).isBetween(fork + authentication, most);
    }
  }
}

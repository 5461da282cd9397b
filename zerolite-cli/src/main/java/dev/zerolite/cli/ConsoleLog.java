package dev.zerolite.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.slf4j.LoggerFactory;

/** One line per event on stderr: time, what matters, and which child said it. */
final class ConsoleLog extends LayoutBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneId.systemDefault());
  private static final String OURS = "dev.zerolite.";

  private final Terminal terminal;

  private ConsoleLog(Terminal terminal) {
    this.terminal = terminal;
  }

  static void install(Terminal terminal) {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    var layout = new ConsoleLog(terminal);
    layout.setContext(context);
    layout.start();
    var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
    encoder.setContext(context);
    encoder.setLayout(layout);
    encoder.start();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    var root = context.getLogger("ROOT");
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
    root.setLevel(Level.INFO);
    // An SQL error is its client's affair, and the client was told.
    context.getLogger("postgres").setLevel(Level.WARN);
    // So is a refused S3 request; and S3Proxy and its HTTP server tell much of themselves.
    context.getLogger("org.gaul").setLevel(Level.OFF);
  }

  static void showDebug() {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.getLogger("dev.zerolite").setLevel(Level.DEBUG);
    context.getLogger("postgres").setLevel(Level.DEBUG);
    context.getLogger("org.gaul").setLevel(Level.INFO);
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    var line = new StringBuilder();
    line.append(terminal.dim(TIME.format(Instant.ofEpochMilli(event.getTimeStamp())))).append(' ');
    var logger = event.getLoggerName();
    if (!logger.startsWith(OURS)) {
      line.append(terminal.cyan(logger + " |")).append(' ');
    }
    var message = event.getFormattedMessage();
    if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
      line.append(terminal.red("error: " + message));
    } else if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
      line.append(terminal.yellow("warning: " + message));
    } else {
      line.append(message);
    }
    line.append('\n');
    if (event.getThrowableProxy() != null) {
      line.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    return line.toString();
  }
}

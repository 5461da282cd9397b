package dev.zerolite.cli.log;

import static java.util.Objects.requireNonNull;

import dev.zerolite.cli.Terminal;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.LocalTime;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** One line per event: time, what matters, and which child said it. Thread-safe. */
public final class ConsoleLog implements ILoggerFactory {
  private static final String OURS = "dev.zerolite.";

  private final PrintStream out;
  private final Terminal terminal;
  private final Supplier<LocalTime> clock;
  private final Map<String, Logger> loggers = new ConcurrentHashMap<>();
  private volatile boolean debug;

  ConsoleLog(PrintStream out, Terminal terminal, Supplier<LocalTime> clock) {
    this.out = requireNonNull(out);
    this.terminal = requireNonNull(terminal);
    this.clock = requireNonNull(clock);
  }

  static ConsoleLog ofThisProcess() {
    return new ConsoleLog(System.err, Terminal.ofThisProcess(), LocalTime::now);
  }

  /**
   * Makes it SLF4J's. To be called before other threads log: SLF4J would keep what they say until
   * it has found its provider.
   */
  public static void install() {
    LoggerFactory.getILoggerFactory();
  }

  /** Shows more from now on, if the log is ours. */
  public static void showDebug() {
    if (LoggerFactory.getILoggerFactory() instanceof ConsoleLog log) {
      log.setDebug();
    }
  }

  void setDebug() {
    debug = true;
  }

  @Override
  public Logger getLogger(String name) {
    return loggers.computeIfAbsent(name, n -> new ConsoleLogger(n, this));
  }

  boolean shows(String logger, Level level) {
    return level.toInt() >= least(logger);
  }

  private int least(String logger) {
    if (logger.startsWith(OURS)) {
      return (debug ? Level.DEBUG : Level.INFO).toInt();
    }
    if (logger.startsWith("postgres")) {
      // An SQL error is its client's affair, and the client was told.
      return (debug ? Level.DEBUG : Level.WARN).toInt();
    }
    if (logger.startsWith("org.gaul")) {
      // So is a refused S3 request; and S3Proxy and its HTTP server tell much of themselves.
      return debug ? Level.INFO.toInt() : Integer.MAX_VALUE;
    }
    return Level.INFO.toInt();
  }

  void write(String logger, Level level, String message, Throwable cause) {
    var line = new StringBuilder();
    line.append(terminal.dim(time())).append(' ');
    if (!logger.startsWith(OURS)) {
      line.append(terminal.cyan(logger + " |")).append(' ');
    }
    line.append(
        switch (level) {
          case ERROR -> terminal.red("error: " + message);
          case WARN -> terminal.yellow("warning: " + message);
          default -> message;
        });
    line.append('\n');
    if (cause != null) {
      var trace = new StringWriter();
      cause.printStackTrace(new PrintWriter(trace, true));
      line.append(trace);
    }
    // in one piece, so that lines of several threads do not mix
    out.print(line);
    out.flush();
  }

  /** To the second. */
  private String time() {
    var now = clock.get();
    return two(now.getHour()) + ':' + two(now.getMinute()) + ':' + two(now.getSecond());
  }

  private static String two(int number) {
    return number < 10 ? "0" + number : String.valueOf(number);
  }
}

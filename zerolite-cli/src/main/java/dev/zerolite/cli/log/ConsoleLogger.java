package dev.zerolite.cli.log;

import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** A logger of that name. */
final class ConsoleLogger extends LegacyAbstractLogger {
  private static final long serialVersionUID = 1L;

  private final transient ConsoleLog log;

  ConsoleLogger(String name, ConsoleLog log) {
    this.name = name;
    this.log = log;
  }

  @Override
  public boolean isTraceEnabled() {
    return log.shows(name, Level.TRACE);
  }

  @Override
  public boolean isDebugEnabled() {
    return log.shows(name, Level.DEBUG);
  }

  @Override
  public boolean isInfoEnabled() {
    return log.shows(name, Level.INFO);
  }

  @Override
  public boolean isWarnEnabled() {
    return log.shows(name, Level.WARN);
  }

  @Override
  public boolean isErrorEnabled() {
    return log.shows(name, Level.ERROR);
  }

  @Override
  protected String getFullyQualifiedCallerName() {
    return null; // nobody is told where a line comes from
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level, Marker marker, String pattern, Object[] arguments, Throwable cause) {
    log.write(name, level, MessageFormatter.basicArrayFormat(pattern, arguments), cause);
  }
}

package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one backend writes to stderr: PostgreSQL's server log, one line at a time, with the SQLSTATE
 * in front (the cluster sets log_line_prefix so). Belongs to the backend's thread.
 */
final class ServerLog {
  /** Set as log_line_prefix: lets the SQLSTATE of a failed start be read from the log. */
  static final String LINE_PREFIX = "%e ";

  private static final Logger LOG = LoggerFactory.getLogger("postgres");
  private static final Pattern LINE = Pattern.compile("(?:backend> )?([0-9A-Z]{5}) (\\w+): +(.*)");

  private static final String ADMIN_SHUTDOWN = "57P01";
  private static final String CONFIG_FILE_ERROR = "F0000";

  /** ReportSlotInvalidation() (slot.c), which says only here why a consumer has to begin anew. */
  private static final String LOST_SLOT = "invalidating obsolete replication slot";

  private final int pid;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private BackendStartException lastFatal;

  /** What is wrong with a configuration file, and in which line, is said before the FATAL. */
  private String lastLog;

  /** Whether {@link #lastFatal} is what the next DETAIL belongs to. */
  private boolean inFatal;

  /** What is said before PostgreSQL can log. */
  private String lastText;

  private BackendStartException panic;
  private volatile boolean endExpected;

  ServerLog(int pid) {
    this.pid = pid;
  }

  void write(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] == '\n') {
        print(line.toString(UTF_8));
        line.reset();
      } else {
        line.write(bytes[i]);
      }
    }
  }

  private void print(String text) {
    Matcher matcher = LINE.matcher(text);
    if (!matcher.matches()) {
      LOG.debug("[{}] {}", pid, text); // a message's further lines, and PGlite's chatter
      lastText = text;
      return;
    }
    String severity = matcher.group(2);
    String message = matcher.group(3);
    if (severity.equals("DETAIL") || severity.equals("HINT")) {
      LOG.debug("[{}] {}: {}", pid, severity, message);
      addDetail(severity, message);
      return;
    }
    inFatal = severity.equals("PANIC") || severity.equals("FATAL");
    switch (severity) {
      case "PANIC" -> {
        LOG.error("[{}] PANIC: {} ({})", pid, message, matcher.group(1));
        panic = new BackendStartException(matcher.group(1), message);
        lastFatal = panic;
      }
      case "FATAL" -> {
        if (endExpected && matcher.group(1).equals(ADMIN_SHUTDOWN)) {
          LOG.debug("[{}] FATAL: {} ({})", pid, message, ADMIN_SHUTDOWN);
        } else {
          LOG.warn("[{}] FATAL: {} ({})", pid, message, matcher.group(1));
        }
        lastFatal =
            new BackendStartException(
                matcher.group(1),
                matcher.group(1).equals(CONFIG_FILE_ERROR) && lastLog != null
                    ? message + ": " + lastLog
                    : message);
      }
      case "WARNING" -> LOG.warn("[{}] WARNING: {}", pid, message);
      case "ERROR" -> LOG.info("[{}] ERROR: {} ({})", pid, message, matcher.group(1));
      default -> {
        if (message.startsWith(LOST_SLOT)) {
          LOG.warn("[{}] {}", pid, message);
        } else {
          LOG.debug("[{}] {}: {}", pid, severity, message);
        }
        lastLog = message;
      }
    }
  }

  /** Details tell which file it is about, and hints on a setting its values. */
  private void addDetail(String severity, String text) {
    if (!inFatal) {
      lastLog = lastLog == null ? text : lastLog.replaceFirst("\\.$", "") + ". " + text;
    } else if (severity.equals("DETAIL")) {
      BackendStartException detailed =
          new BackendStartException(
              lastFatal.sqlState(), lastFatal.getMessage() + ": " + text.replaceFirst("\\.$", ""));
      panic = panic == lastFatal ? detailed : panic;
      lastFatal = detailed;
    }
  }

  /** What PostgreSQL said before it called abort(). */
  Optional<BackendStartException> panic() {
    return Optional.ofNullable(panic);
  }

  /** ParseConfigFp() (guc-file.l) says so and crashes, in PGlite's build, where it should go on. */
  boolean saysThatConfigurationCannotBeRead() {
    return lastLog != null && lastLog.startsWith("input in flex scanner failed");
  }

  /** What was logged last. */
  String lastLog() {
    return lastLog;
  }

  /** The process is told to end because the server stops, from any thread: no news in that. */
  void expectEnd() {
    endExpected = true;
  }

  void warn(String message) {
    LOG.warn("[{}] {}", pid, message);
  }

  /** Why PostgreSQL ended when it should not have. */
  BackendStartException refusal() {
    return lastFatal != null
        ? lastFatal
        : new BackendStartException(
            "XX000",
            "PostgreSQL ended while it started"
                + (lastText == null ? "" : ", its last words: " + lastText));
  }
}

package dev.zerolite.pglite.isolation;

import dev.zerolite.pglite.testing.WireClient.Message;
import dev.zerolite.pglite.testing.WireClient.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the run of a spec showed, in a form in which two servers' runs can be compared. */
final class Transcript {
  /** Names that contain a number of the server's own. */
  private static final Pattern NUMBERED =
      Pattern.compile("\\b(pg_temp|pg_toast|pg_toast_temp)_\\d+");

  private final List<String> lines = new ArrayList<>();
  private String abandoned;
  private boolean dirty;

  void line(String text) {
    lines.addAll(NUMBERED.matcher(text).replaceAll("$1_N").lines().toList());
  }

  void waiting(Spec.Step step) {
    line("step %s: %s <waiting ...>".formatted(step.name(), step.sql()));
  }

  void completed(Spec.Step step, boolean wasWaiting) {
    line("step %s: %s".formatted(step.name(), wasWaiting ? "<... completed>" : step.sql()));
  }

  void notice(String session, Report report) {
    line(session + ": " + describe(report));
  }

  /** Rows and errors; DETAIL is left out, it may contain transaction or process numbers. */
  void results(List<Message> messages) {
    int rows = 0;
    boolean table = false;
    for (Message message : messages) {
      if (message instanceof Message.Columns columns) {
        line(String.join("|", columns.names()));
        table = true;
        rows = 0;
      } else if (message instanceof Message.Row row) {
        line(row.values().stream().map(v -> v == null ? "" : v).collect(Collectors.joining("|")));
        rows++;
      } else if (message instanceof Message.Complete && table) {
        line("(" + rows + (rows == 1 ? " row)" : " rows)"));
        table = false;
      } else if (message instanceof Message.Failure failure) {
        line(describe(failure.report()));
      } else if (message instanceof Message.Ended) {
        line("the session has ended");
      }
    }
  }

  static String describe(Report report) {
    String hint = report.fields().containsKey('H') ? " HINT: " + report.fields().get('H') : "";
    return report.severity() + ": " + report.sqlState() + ": " + report.message() + hint;
  }

  void abandon(String reason) {
    abandoned = reason;
    dirty = true;
    line("abandoned: " + reason);
  }

  /** Says that objects may be left over. */
  void setDirty() {
    dirty = true;
  }

  boolean isDirty() {
    return dirty;
  }

  Optional<String> abandoned() {
    return Optional.ofNullable(abandoned);
  }

  List<String> lines() {
    return lines;
  }
}

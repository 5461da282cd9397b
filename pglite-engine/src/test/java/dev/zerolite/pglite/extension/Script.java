package dev.zerolite.pglite.extension;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Statements, and what a server says to them.
 *
 * @param name for messages
 */
record Script(String name, List<String> statements) {
  private static final Duration TIMEOUT = Duration.ofSeconds(120);

  /** A resource file; empty lines stand between the statements. */
  static Script ofResource(String path) throws IOException {
    try (InputStream in = Script.class.getClassLoader().getResourceAsStream(path)) {
      if (in == null) {
        throw new IOException("there is no resource " + path);
      }
      String text = new String(in.readAllBytes(), UTF_8);
      return new Script(path, List.of(text.strip().split("\n\\s*\n")));
    }
  }

  /** Runs it in a session of its own; the statements with rows, notices, errors and tags. */
  String run(BackendStarter server, String database) throws Exception {
    try (WireClient client = WireClient.open(server, database, "script")) {
      return run(client);
    }
  }

  String run(WireClient client) throws InterruptedException {
    List<String> lines = new ArrayList<>();
    for (String statement : statements) {
      lines.add("> " + statement);
      for (Message message : client.run(statement, TIMEOUT)) {
        describe(message, lines);
      }
    }
    return String.join("\n", lines);
  }

  private static void describe(Message message, List<String> lines) {
    if (message instanceof Message.Row row) {
      lines.add(String.join("|", row.values().stream().map(String::valueOf).toList()));
    } else if (message instanceof Message.Complete complete) {
      lines.add(complete.tag());
    } else if (message instanceof Message.Failure failure) {
      describe(failure.report(), lines);
    } else if (message instanceof Message.Notice notice) {
      describe(notice.report(), lines);
    } else if (message instanceof Message.Notification notification) {
      lines.add("NOTIFY " + notification.channel() + " " + notification.payload());
    }
  }

  private static void describe(WireClient.Report report, List<String> lines) {
    String message = report.message().replaceFirst("^duration: [0-9.]+ ms", "duration: ...");
    lines.add("%s %s: %s".formatted(report.severity(), report.sqlState(), message));
    report.fields().entrySet().stream()
        .filter(field -> field.getKey() == 'D' || field.getKey() == 'H')
        .sorted(Map.Entry.comparingByKey())
        .forEach(field -> lines.add("  " + field.getKey() + " " + field.getValue()));
  }

  @Override
  public String toString() {
    return name;
  }
}

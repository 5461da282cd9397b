package dev.zerolite.replication;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What is said on a replication connection, and what is answered.
 *
 * <p>Steps are commands, or bytes when they begin with a colon: message type and body in
 * hexadecimal. "sql:" runs in another session, "other:" in another database's.
 */
final class Conversation {
  private Conversation() {}

  /** Its transcript, without what differs between two servers. */
  static List<String> hold(PgServer server, List<String> steps) throws IOException {
    List<String> transcript = new ArrayList<>();
    PgOutputText text = new PgOutputText();
    try (PgConnection connection = PgConnection.replication(server)) {
      for (String step : steps) {
        transcript.add("> " + step);
        try {
          List<PgMessage> answer = new ArrayList<>();
          if (step.startsWith("sql:")) {
            answer = runElsewhere(server, "postgres", step.substring(4));
          } else if (step.startsWith("other:")) {
            answer = runElsewhere(server, "other", step.substring(6));
          } else if (step.equals("half close")) {
            connection.endOutput();
            answer = connection.readToEnd();
          } else if (step.startsWith("read ")) {
            while (answer.size() < Integer.parseInt(step.substring(5))) {
              PgMessage message = connection.read();
              if (!isKeepalive(message)) {
                answer.add(message);
              }
            }
          } else if (step.startsWith(":")) {
            for (String message : step.substring(1).split(":")) {
              byte[] body = HexFormat.of().parseHex(message.substring(1));
              connection.send(PgConnection.message(message.charAt(0), body));
            }
            // a Sync or CopyDone shall have an answer, so that all of the former is there
            answer = step.endsWith(":c") || step.endsWith(":S") ? answer(connection) : List.of();
          } else {
            connection.send(PgConnection.query(step));
            answer = answer(connection);
          }
          for (PgMessage message : answer) {
            if (!isKeepalive(message)) {
              transcript.add(describe(message, text));
            }
          }
        } catch (EOFException | SocketException e) {
          transcript.add("the end");
          return transcript;
        }
      }
      if (steps.get(steps.size() - 1).matches(":[^cS].*|:S") && !steps.get(0).startsWith(":")) {
        connection.endOutput();
        for (PgMessage message : connection.readToEnd()) {
          if (!isKeepalive(message)) {
            transcript.add(describe(message, text));
          }
        }
        transcript.add("the end");
      }
    } catch (SocketException e) {
      transcript.add("the end");
    }
    return transcript;
  }

  private static List<PgMessage> runElsewhere(PgServer server, String database, String sql)
      throws IOException {
    try (PgConnection elsewhere =
        PgConnection.open(
            server, "user", "postgres", "database", database, "replication", "database")) {
      elsewhere.send(PgConnection.query(sql));
      return answer(elsewhere);
    }
  }

  /** Up to ReadyForQuery or the begin of a stream. */
  private static List<PgMessage> answer(PgConnection connection) throws IOException {
    List<PgMessage> messages = new ArrayList<>();
    char type;
    do {
      messages.add(connection.read());
      type = messages.get(messages.size() - 1).type();
    } while (type != 'Z' && type != 'W');
    return messages;
  }

  private static boolean isKeepalive(PgMessage message) {
    return message.type() == 'd' && message.body()[0] == 'k' || message.type() == 'S';
  }

  private static String describe(PgMessage message, PgOutputText text) {
    if (message.type() == 'd' && message.body()[0] == 'w') {
      return "w " + text.line(Arrays.copyOfRange(message.body(), 25, message.body().length));
    }
    return message
        .describe()
        .replaceAll("[0-9A-F]{8}-[0-9A-F]{8}-[0-9]+", "SNAPSHOT")
        .replaceAll("[0-9A-F]+/[0-9A-F]{1,8}\\b", "LSN")
        .replaceAll("\\b[0-9]{16,20}\\b", "SYSTEM")
        .replaceAll("PID [0-9]+", "PID");
  }
}

package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One session on each of two servers; what is said to one is said to the other. */
final class ServerPair implements AutoCloseable {
  /** A statement's outcome, which was the same on both. */
  record Answer(List<List<String>> rows, String error) {}

  private final PgConnection ours;
  private final PgConnection reference;
  private char status = 'I';

  ServerPair(PgServer ours, PgServer reference, String database) throws IOException {
    this.ours = PgConnection.open(ours, "user", "postgres", "database", database);
    this.reference = PgConnection.open(reference, "user", "postgres", "database", database);
  }

  PgConnection ours() {
    return ours;
  }

  PgConnection reference() {
    return reference;
  }

  /** The transaction status after the last statement: I, T or E. */
  char status() {
    return status;
  }

  /** Runs a statement on both and insists on the same answer. */
  Answer run(String sql) throws IOException {
    List<PgMessage> expected = reference.run(sql);
    List<PgMessage> actual = ours.run(sql);
    assertThat(describe(actual)).as(sql).isEqualTo(describe(expected));
    String error = null;
    List<List<String>> rows = new ArrayList<>();
    for (PgMessage message : actual) {
      if (message.type() == 'E') {
        error = message.describe();
      } else if (message.type() == 'D') {
        rows.add(message.columns());
      }
    }
    status = (char) actual.get(actual.size() - 1).body()[0];
    return new Answer(rows, error);
  }

  /** Runs a statement that must succeed. */
  Answer must(String sql) throws IOException {
    Answer answer = run(sql);
    assertThat(answer.error()).as(sql).isNull();
    return answer;
  }

  /**
   * Without RowDescriptions, in which OIDs of users' types differ, ParameterStatus and numbers of
   * processes.
   */
  private static List<String> describe(List<PgMessage> messages) {
    return messages.stream()
        .filter(message -> message.type() != 'T' && message.type() != 'S')
        .map(message -> message.describe().replaceAll("(PID|minimum is) [0-9A-F/]+", "$1"))
        .toList();
  }

  @Override
  public void close() throws IOException {
    ours.close();
    reference.close();
  }
}

package dev.zerolite.pglite.isolation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStarter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One session, spoken to with simple queries (protocol 3.0, "Simple Query"); what it answers is
 * read message by message, so that a caller can see a query wait. Used by one thread at a time.
 */
final class WireClient implements AutoCloseable {
  /** A backend message as far as tests look at it. */
  sealed interface Message {
    record Columns(List<String> names) implements Message {}

    record Row(List<String> values) implements Message {}

    record Complete(String tag) implements Message {}

    record Failure(Report report) implements Message {}

    record Notice(Report report) implements Message {}

    record Notification(int pid, String channel, String payload) implements Message {}

    record Ready(char transactionStatus) implements Message {}

    /** The session is over; nothing follows. */
    record Ended() implements Message {}

    /** Anything else. */
    record Other(char type) implements Message {}
  }

  /** The fields of an ErrorResponse or NoticeResponse, by their letters. */
  record Report(Map<Character, String> fields) {
    String severity() {
      return fields.getOrDefault('V', "?");
    }

    String sqlState() {
      return fields.getOrDefault('C', "?");
    }

    String message() {
      return fields.getOrDefault('M', "");
    }
  }

  private static final int HEADER = 5;

  private final LinkedBlockingQueue<Message> arrived = new LinkedBlockingQueue<>();
  private ByteBuffer partial = ByteBuffer.allocate(0);
  private final Backend backend;

  private WireClient(BackendStarter server, Map<String, String> startup) throws Exception {
    backend = server.start(startup, this::collect);
  }

  static WireClient open(BackendStarter server, String database, String applicationName)
      throws Exception {
    WireClient client =
        new WireClient(
            server,
            Map.of("user", "postgres", "database", database, "application_name", applicationName));
    while (!(client.await(Duration.ofSeconds(60)) instanceof Message.Ready)) {
      // the parameters and the key
    }
    return client;
  }

  private synchronized void collect(byte[] bytes, int offset, int length) {
    ByteBuffer all = ByteBuffer.allocate(partial.remaining() + length);
    all.put(partial).put(bytes, offset, length).flip();
    while (all.remaining() >= HEADER && all.remaining() > all.getInt(all.position() + 1)) {
      char type = (char) all.get();
      int size = all.getInt() - 4;
      arrived.add(parse(type, all.slice(all.position(), size)));
      all.position(all.position() + size);
    }
    partial = all;
  }

  private static Message parse(char type, ByteBuffer body) {
    return switch (type) {
      case 'T' -> new Message.Columns(columns(body));
      case 'D' -> new Message.Row(row(body));
      case 'C' -> new Message.Complete(cString(body));
      case 'E' -> new Message.Failure(report(body));
      case 'N' -> new Message.Notice(report(body));
      case 'A' -> new Message.Notification(body.getInt(), cString(body), cString(body));
      case 'Z' -> new Message.Ready((char) body.get());
      default -> new Message.Other(type);
    };
  }

  private static List<String> columns(ByteBuffer body) {
    List<String> names = new ArrayList<>();
    int count = body.getShort();
    for (int i = 0; i < count; i++) {
      names.add(cString(body));
      body.position(body.position() + 18);
    }
    return names;
  }

  private static List<String> row(ByteBuffer body) {
    List<String> values = new ArrayList<>();
    int count = body.getShort();
    for (int i = 0; i < count; i++) {
      int length = body.getInt();
      if (length < 0) {
        values.add(null);
      } else {
        byte[] text = new byte[length];
        body.get(text);
        values.add(new String(text, UTF_8));
      }
    }
    return values;
  }

  private static Report report(ByteBuffer body) {
    Map<Character, String> fields = new HashMap<>();
    for (byte field = body.get(); field != 0; field = body.get()) {
      fields.put((char) field, cString(body));
    }
    return new Report(fields);
  }

  private static String cString(ByteBuffer buffer) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (byte next = buffer.get(); next != 0; next = buffer.get()) {
      text.write(next);
    }
    return text.toString(UTF_8);
  }

  /** Sends a query; the answer is there once {@link Message.Ready} has arrived. */
  void send(String sql) throws InterruptedException {
    byte[] text = (sql + "\0").getBytes(UTF_8);
    byte[] query =
        ByteBuffer.allocate(HEADER + text.length)
            .put((byte) 'Q')
            .putInt(4 + text.length)
            .put(text)
            .array();
    backend.receive(query, 0, query.length);
  }

  /** The next message, or null if none comes in time. */
  Message poll(Duration timeout) throws InterruptedException {
    boolean ended = backend.awaitEnd(Duration.ZERO);
    Message message = arrived.poll(ended ? 0 : timeout.toNanos(), TimeUnit.NANOSECONDS);
    return message == null && ended ? new Message.Ended() : message;
  }

  private Message await(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() < deadline) {
      Message message = poll(Duration.ofSeconds(1));
      if (message instanceof Message.Ended) {
        throw new IllegalStateException("session " + pid() + " has ended");
      }
      if (message != null) {
        return message;
      }
    }
    throw new IllegalStateException(
        "session %d does not answer within %s".formatted(pid(), timeout));
  }

  /** Runs a query to its end; all messages before ReadyForQuery. */
  List<Message> run(String sql, Duration timeout) throws InterruptedException {
    send(sql);
    List<Message> answer = new ArrayList<>();
    for (Message message = await(timeout);
        !(message instanceof Message.Ready);
        message = await(timeout)) {
      answer.add(message);
    }
    return answer;
  }

  /** As {@link #run}, the rows only; an error becomes an exception. */
  List<List<String>> rows(String sql) throws InterruptedException {
    List<List<String>> rows = new ArrayList<>();
    for (Message message : run(sql, Duration.ofSeconds(120))) {
      if (message instanceof Message.Row row) {
        rows.add(row.values());
      } else if (message instanceof Message.Failure failure) {
        throw new SqlFailure(failure.report(), sql);
      }
    }
    return rows;
  }

  /** The single value of a query. */
  String value(String sql) throws InterruptedException {
    return rows(sql).get(0).get(0);
  }

  int pid() {
    return backend.pid();
  }

  void cancel() {
    backend.cancel();
  }

  boolean awaitEnd(Duration timeout) throws InterruptedException {
    return backend.awaitEnd(timeout);
  }

  @Override
  public void close() {
    backend.disconnect();
  }

  /** An ErrorResponse where none was expected. */
  static final class SqlFailure extends RuntimeException {
    private final String sqlState;

    SqlFailure(Report report, String sql) {
      super(report.sqlState() + " " + report.message() + " in: " + sql);
      sqlState = report.sqlState();
    }

    String sqlState() {
      return sqlState;
    }
  }
}

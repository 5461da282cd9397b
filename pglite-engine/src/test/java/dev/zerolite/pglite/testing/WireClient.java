package dev.zerolite.pglite.testing;

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
 * One session, spoken to mostly with simple queries (protocol 3.0, "Simple Query"); what it answers
 * is read message by message, so that a caller can see a query wait. Used by one thread at a time.
 */
public final class WireClient implements AutoCloseable {
  /** A backend message as far as tests look at it. */
  public sealed interface Message {
    /** RowDescription. */
    record Columns(List<Column> columns) implements Message {
      public List<String> names() {
        return columns.stream().map(Column::name).toList();
      }
    }

    /** DataRow; null for NULL. */
    record Row(List<byte[]> columns) implements Message {
      public List<String> values() {
        return columns.stream()
            .map(value -> value == null ? null : new String(value, UTF_8))
            .toList();
      }
    }

    record Complete(String tag) implements Message {}

    record Failure(Report report) implements Message {}

    record Notice(Report report) implements Message {}

    record Notification(int pid, String channel, String payload) implements Message {}

    /** ParameterStatus. */
    record Parameter(String name, String value) implements Message {}

    /** CopyInResponse: the server waits for data. */
    record CopyIn() implements Message {}

    record CopyData(byte[] data) implements Message {}

    record Ready(char transactionStatus) implements Message {}

    /** The session is over; nothing follows. */
    record Ended() implements Message {}

    /** Anything else. */
    record Other(char type) implements Message {}
  }

  /** A column of a RowDescription. */
  public record Column(String name, int table, int number, int type, int size, int modifier) {}

  /** The fields of an ErrorResponse or NoticeResponse, by their letters. */
  public record Report(Map<Character, String> fields) {
    public String severity() {
      return fields.getOrDefault('V', "?");
    }

    public String sqlState() {
      return fields.getOrDefault('C', "?");
    }

    public String message() {
      return fields.getOrDefault('M', "");
    }
  }

  private static final int HEADER = 5;

  private final LinkedBlockingQueue<Message> arrived = new LinkedBlockingQueue<>();
  private ByteBuffer partial = ByteBuffer.allocate(0);
  private final Map<String, String> parameters = new HashMap<>();
  private final Backend backend;

  private WireClient(BackendStarter server, Map<String, String> startup) throws Exception {
    backend = server.start(startup, this::collect);
  }

  public static WireClient open(BackendStarter server, String database, String applicationName)
      throws Exception {
    return open(
        server,
        Map.of("user", "postgres", "database", database, "application_name", applicationName));
  }

  /** Opens a session with these parameters of the StartupMessage. */
  public static WireClient open(BackendStarter server, Map<String, String> startup)
      throws Exception {
    WireClient client = new WireClient(server, startup);
    Message message = client.await(Duration.ofSeconds(60));
    while (!(message instanceof Message.Ready)) {
      if (message instanceof Message.Parameter parameter) {
        client.parameters.put(parameter.name(), parameter.value());
      }
      message = client.await(Duration.ofSeconds(60));
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
      case 'S' -> new Message.Parameter(cString(body), cString(body));
      case 'G' -> new Message.CopyIn();
      case 'd' -> {
        byte[] data = new byte[body.remaining()];
        body.get(data);
        yield new Message.CopyData(data);
      }
      case 'A' -> new Message.Notification(body.getInt(), cString(body), cString(body));
      case 'Z' -> new Message.Ready((char) body.get());
      default -> new Message.Other(type);
    };
  }

  private static List<Column> columns(ByteBuffer body) {
    List<Column> columns = new ArrayList<>();
    int count = body.getShort();
    for (int i = 0; i < count; i++) {
      columns.add(
          new Column(
              cString(body),
              body.getInt(),
              body.getShort(),
              body.getInt(),
              body.getShort(),
              body.getInt()));
      body.getShort(); // the format
    }
    return columns;
  }

  private static List<byte[]> row(ByteBuffer body) {
    List<byte[]> values = new ArrayList<>();
    int count = body.getShort();
    for (int i = 0; i < count; i++) {
      int length = body.getInt();
      byte[] value = length < 0 ? null : new byte[length];
      if (value != null) {
        body.get(value);
      }
      values.add(value);
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
  public void send(String sql) throws InterruptedException {
    send('Q', (sql + "\0").getBytes(UTF_8));
  }

  /** Sends one message of the frontend/backend protocol. */
  public void send(char type, byte[] body) throws InterruptedException {
    byte[] message =
        ByteBuffer.allocate(HEADER + body.length)
            .put((byte) type)
            .putInt(4 + body.length)
            .put(body)
            .array();
    backend.receive(message, 0, message.length);
  }

  /** The next message, or null if none comes in time. */
  public Message poll(Duration timeout) throws InterruptedException {
    boolean ended = backend.awaitEnd(Duration.ZERO);
    Message message = arrived.poll(ended ? 0 : timeout.toNanos(), TimeUnit.NANOSECONDS);
    return message == null && ended ? new Message.Ended() : message;
  }

  /**
   * The next message.
   *
   * @throws IllegalStateException if the session ends or nothing comes in time
   */
  public Message await(Duration timeout) throws InterruptedException {
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
  public List<Message> run(String sql, Duration timeout) throws InterruptedException {
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
  public List<List<String>> rows(String sql) throws InterruptedException {
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
  public String value(String sql) throws InterruptedException {
    return rows(sql).get(0).get(0);
  }

  /** What the server reported when the session began. */
  public Map<String, String> parameters() {
    return parameters;
  }

  public int pid() {
    return backend.pid();
  }

  public void cancel() {
    backend.cancel();
  }

  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return backend.awaitEnd(timeout);
  }

  @Override
  public void close() {
    backend.disconnect();
  }

  /** An ErrorResponse where none was expected. */
  public static final class SqlFailure extends RuntimeException {
    private final String sqlState;

    public SqlFailure(Report report, String sql) {
      super(report.sqlState() + " " + report.message() + " in: " + sql);
      sqlState = report.sqlState();
    }

    public String sqlState() {
      return sqlState;
    }
  }
}

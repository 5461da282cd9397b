package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A replication connection for tests: commands, and the stream as short texts. */
final class ReplicationStream implements AutoCloseable {
  private record Message(char type, byte[] body) {}

  private final LinkedBlockingQueue<Message> messages = new LinkedBlockingQueue<>();
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
  private final Map<Integer, ByteBuffer> relations = new HashMap<>();
  private Backend backend;
  private long lastCommitEnd;

  static ReplicationStream open(BackendStarter cluster) throws Exception {
    ReplicationStream stream = new ReplicationStream();
    stream.backend =
        cluster.start(
            Map.of("user", "postgres", "database", "postgres", "replication", "database"),
            stream::collect);
    stream.until('Z');
    return stream;
  }

  private synchronized void collect(byte[] bytes, int offset, int length) {
    partial.write(bytes, offset, length);
    byte[] all = partial.toByteArray();
    int end = 0;
    while (end + 5 <= all.length
        && end + 1 + ByteBuffer.wrap(all, end + 1, 4).getInt() <= all.length) {
      end += 1 + ByteBuffer.wrap(all, end + 1, 4).getInt();
    }
    partial.reset();
    partial.write(all, end, all.length - end);
    BackendMessages.forEach(
        java.util.Arrays.copyOf(all, end),
        (type, body) -> {
          byte[] copy = new byte[body.remaining()];
          body.get(copy);
          messages.add(new Message(type, copy));
        });
  }

  private Message next() throws InterruptedException {
    Message message = messages.poll(20, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no message within 20 s");
    }
    return message;
  }

  private List<Message> until(char type) throws InterruptedException {
    List<Message> seen = new ArrayList<>();
    do {
      seen.add(next());
    } while (seen.get(seen.size() - 1).type() != type);
    return seen;
  }

  private void send(byte[] message) throws InterruptedException {
    backend.receive(message, 0, message.length);
  }

  List<List<String>> query(String command) throws InterruptedException {
    send(FrontendMessages.query(command));
    List<List<String>> rows = new ArrayList<>();
    for (Message message : until('Z')) {
      if (message.type() == 'E') {
        throw new AssertionError(
            BackendMessages.ErrorFields.parse(ByteBuffer.wrap(message.body())));
      }
      if (message.type() == 'D') {
        rows.add(SqlSession.row(ByteBuffer.wrap(message.body())));
      }
    }
    return rows;
  }

  CompletableFuture<List<List<String>>> later(String command) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return query(command);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  void start(String slot, String lsn, String publication) throws InterruptedException {
    send(FrontendMessages.query(startCommand(slot, lsn, publication)));
    until('W');
  }

  /** The SQLSTATE with which START_REPLICATION is refused. */
  String startAndFail(String slot, String publication) throws InterruptedException {
    send(FrontendMessages.query(startCommand(slot, "0/0", publication)));
    for (Message message : until('Z')) {
      if (message.type() == 'E') {
        return BackendMessages.ErrorFields.parse(ByteBuffer.wrap(message.body())).sqlState();
      }
    }
    return "not refused";
  }

  private static String startCommand(String slot, String lsn, String publication) {
    return "START_REPLICATION SLOT \"%s\" LOGICAL %s (proto_version '1', publication_names '%s', messages 'true')"
        .formatted(slot, lsn, publication);
  }

  /**
   * The next messages of the output plugin, keepalives aside, and Relation messages that say what
   * is known: pgoutput repeats them whenever its cache was invalidated, by autovacuum for example.
   */
  List<String> changes(int count) throws InterruptedException {
    List<String> changes = new ArrayList<>();
    while (changes.size() < count) {
      Message message = next();
      if (message.type() != 'd') {
        throw new AssertionError("message " + message.type() + " after " + changes);
      }
      if (message.body()[0] == 'w') {
        ByteBuffer change = ByteBuffer.wrap(message.body(), 25, message.body().length - 25).slice();
        if (isNews(change)) {
          changes.add(describe(change));
        }
      }
    }
    return changes;
  }

  private boolean isNews(ByteBuffer change) {
    return change.get(0) != 'R'
        || !change.duplicate().equals(relations.put(change.getInt(1), change.duplicate()));
  }

  ByteBuffer keepalive() throws InterruptedException {
    while (true) {
      Message message = next();
      if (message.type() == 'd' && message.body()[0] == 'k') {
        return ByteBuffer.wrap(message.body());
      }
    }
  }

  private String describe(ByteBuffer b) {
    char type = (char) b.get();
    switch (type) {
      case 'B':
        return "BEGIN";
      case 'C':
        lastCommitEnd = b.getLong(10);
        return "COMMIT";
      case 'R':
        b.getInt();
        BackendMessages.cString(b);
        return "RELATION " + BackendMessages.cString(b);
      case 'I':
        b.getInt();
        b.get();
        return "INSERT " + tuple(b);
      case 'U':
        b.getInt();
        String key = "";
        char kind = (char) b.get();
        if (kind != 'N') {
          key = "key " + tuple(b).split(",")[0] + " to ";
          b.get();
        }
        return "UPDATE " + key + tuple(b);
      case 'D':
        b.getInt();
        b.get();
        return "DELETE " + tuple(b).split(",")[0];
      case 'T':
        return "TRUNCATE " + b.getInt();
      case 'M':
        b.get();
        b.getLong();
        String prefix = BackendMessages.cString(b);
        byte[] content = new byte[b.getInt()];
        b.get(content);
        return "MESSAGE " + prefix + " " + new String(content, UTF_8);
      default:
        return "? " + type;
    }
  }

  private static String tuple(ByteBuffer b) {
    List<String> columns = new ArrayList<>();
    int count = b.getShort();
    for (int i = 0; i < count; i++) {
      char kind = (char) b.get();
      if (kind == 't') {
        byte[] text = new byte[b.getInt()];
        b.get(text);
        columns.add(new String(text, UTF_8));
      } else {
        columns.add(String.valueOf(kind));
      }
    }
    return String.join(",", columns);
  }

  void acknowledge(long lsn) throws InterruptedException {
    acknowledge(lsn, false);
  }

  /** Sends a standby status update. */
  void acknowledge(long lsn, boolean replyRequested) throws InterruptedException {
    send(
        ByteBuffer.allocate(39)
            .put((byte) 'd')
            .putInt(38)
            .put((byte) 'r')
            .putLong(lsn)
            .putLong(lsn)
            .putLong(lsn)
            .putLong(0)
            .put((byte) (replyRequested ? 1 : 0))
            .array());
  }

  long lastCommitEnd() {
    return lastCommitEnd;
  }

  String lastCommitEndText() {
    return "%X/%X".formatted(lastCommitEnd >>> 32, lastCommitEnd & 0xffffffffL);
  }

  int pid() {
    return backend.pid();
  }

  Backend backend() {
    return backend;
  }

  @Override
  public void close() {
    backend.disconnect();
    try {
      backend.awaitEnd(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

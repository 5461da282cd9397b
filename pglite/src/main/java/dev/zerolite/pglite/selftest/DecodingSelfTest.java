package dev.zerolite.pglite.selftest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.ClientOutput;
import dev.zerolite.pglite.decode.MessageEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Whether logical decoding says what it should: one transaction goes through a temporary slot, the
 * walsender and pgoutput, and what arrives is compared with what was written. The transaction makes
 * its own table and publication and drops them again, so nobody ever sees anything of it.
 */
public final class DecodingSelfTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String NAME = "zerolite_self_test";

  private static final List<String> TRANSACTION =
      List.of(
          "BEGIN",
          "CREATE SCHEMA " + NAME,
          "CREATE TYPE zerolite_self_test.mood AS ENUM ('sad', 'happy')",
          "CREATE TABLE zerolite_self_test.t (id int PRIMARY KEY, gone int, n numeric(8,2), s varchar(9), j jsonb,"
              + " a text[], at timestamptz, m zerolite_self_test.mood)",
          "ALTER TABLE zerolite_self_test.t DROP gone",
          "CREATE PUBLICATION zerolite_self_test FOR TABLE zerolite_self_test.t",
          "INSERT INTO zerolite_self_test.t VALUES"
              + " (-7, 12.5, 'ä', '{\"k\":[1]}', '{x,NULL}', '2026-01-02 03:04:05+00', 'happy')",
          "UPDATE zerolite_self_test.t SET id = 8, s = NULL",
          "SELECT pg_logical_emit_message(true, 'prefix', 'content')",
          "DELETE FROM zerolite_self_test.t",
          "DROP PUBLICATION zerolite_self_test",
          "DROP SCHEMA zerolite_self_test CASCADE",
          "COMMIT");

  private static final List<String> INSERTED =
      Arrays.asList(
          "-7", "12.50", "ä", "{\"k\": [1]}", "{x,NULL}", "2026-01-02 03:04:05+00", "happy");
  private static final List<String> UPDATED =
      Arrays.asList(
          "8", "12.50", null, "{\"k\": [1]}", "{x,NULL}", "2026-01-02 03:04:05+00", "happy");

  private record Message(char type, byte[] body) {}

  /** Says that the backend has ended. */
  private static final Message END = new Message((char) 0, new byte[0]);

  private final BlockingQueue<Message> answers = new LinkedBlockingQueue<>();
  private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
  private final long deadline = System.nanoTime() + LIMIT.toNanos();

  private DecodingSelfTest() {}

  /** What went wrong. */
  private static final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }

  /**
   * Runs it.
   *
   * @param user a superuser
   * @return what is wrong, if anything is
   */
  public static Optional<String> run(BackendStarter cluster, String user, String database)
      throws InterruptedException {
    try {
      new DecodingSelfTest().test(cluster, user, database);
      return Optional.empty();
    } catch (Failure e) {
      return Optional.of(e.getMessage());
    } catch (BackendStartException | RuntimeException e) {
      return Optional.of(e.toString());
    }
  }

  private void test(BackendStarter cluster, String user, String database)
      throws BackendStartException, Failure, InterruptedException {
    Backend backend =
        cluster.start(
            Map.of(
                "user", user,
                "database", database,
                "replication", "database",
                "client_encoding", "UTF8",
                "application_name", "zerolite self test"),
            new ClientOutput() {
              @Override
              public void write(byte[] bytes, int offset, int length) {
                collect(bytes, offset, length);
              }

              @Override
              public void end() {
                answers.add(END);
              }
            });
    try {
      awaitReady("");
      for (String setting :
          List.of("TimeZone = 'UTC'", "DateStyle = 'ISO'", "event_triggers = off")) {
        run(backend, "SET " + setting);
      }
      run(
          backend,
          "CREATE_REPLICATION_SLOT " + NAME + " TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing')");
      run(backend, String.join(";", TRANSACTION));
      send(
          backend,
          "START_REPLICATION SLOT "
              + NAME
              + " LOGICAL 0/0 (proto_version '1', publication_names '"
              + NAME
              + "', messages 'true')");
      compare(readTransaction());
    } finally {
      backend.disconnect();
      backend.awaitEnd(LIMIT);
    }
  }

  private synchronized void collect(byte[] bytes, int offset, int length) {
    rest.write(bytes, offset, length);
    ByteBuffer all = ByteBuffer.wrap(rest.toByteArray());
    rest.reset();
    final int header = 5;
    while (all.remaining() >= header && all.remaining() > all.getInt(all.position() + 1)) {
      char type = (char) all.get();
      byte[] body = new byte[all.getInt() - 4];
      all.get(body);
      answers.add(new Message(type, body));
    }
    rest.write(all.array(), all.position(), all.remaining());
  }

  private void run(Backend backend, String sql) throws Failure, InterruptedException {
    send(backend, sql);
    awaitReady(sql);
  }

  private static void send(Backend backend, String sql) throws InterruptedException {
    byte[] text = (sql + "\0").getBytes(UTF_8);
    byte[] query =
        ByteBuffer.allocate(5 + text.length)
            .put((byte) 'Q')
            .putInt(4 + text.length)
            .put(text)
            .array();
    backend.receive(query, 0, query.length);
  }

  private Message next() throws Failure, InterruptedException {
    Message message = answers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    if (message == null) {
      throw new Failure("no answer within %d s".formatted(LIMIT.toSeconds()));
    }
    if (message == END) {
      throw new Failure("the walsender has ended");
    }
    if (message.type() == 'E') {
      throw new Failure(new String(message.body(), UTF_8).replace('\0', ' ').strip());
    }
    return message;
  }

  private void awaitReady(String what) throws Failure, InterruptedException {
    try {
      while (next().type() != 'Z') {
        // what comes before does not matter
      }
    } catch (Failure e) {
      throw new Failure(what.isEmpty() ? e.getMessage() : what + ": " + e.getMessage());
    }
  }

  /** The messages in the CopyData's XLogData, up to a Commit. */
  private List<byte[]> readTransaction() throws Failure, InterruptedException {
    List<byte[]> messages = new ArrayList<>();
    final int header = 25; // of XLogData
    while (true) {
      Message message = next();
      if (message.type() == 'd' && message.body()[0] == 'w') {
        byte[] body = message.body();
        messages.add(Arrays.copyOfRange(body, header, body.length));
        if (body[header] == 'C') {
          return messages;
        }
      }
    }
  }

  private static void compare(List<byte[]> messages) throws Failure {
    StringBuilder types = new StringBuilder();
    messages.forEach(message -> types.append((char) message[0]));
    // a Type message precedes the Relation message that first needs it
    if (!types.toString().equals("BYRIUMDC")) {
      throw new Failure("messages of types BYRIUMDC expected, got " + types);
    }
    ByteBuffer begin = ByteBuffer.wrap(messages.get(0));
    ByteBuffer commit = ByteBuffer.wrap(messages.get(7));
    expect("Commit", begin.getLong(1) == commit.getLong(2));
    ByteBuffer type = ByteBuffer.wrap(messages.get(1));
    int mood = type.getInt(1);
    int table = ByteBuffer.wrap(messages.get(2)).getInt(1);
    long lsn = ByteBuffer.wrap(messages.get(5)).getLong(2);
    expect("Relation", messages.get(2), encoder -> relation(encoder, table, mood));
    expect(
        "Insert",
        messages.get(3),
        encoder -> {
          encoder.insert(0, table);
          tuple(encoder, 'N', INSERTED);
        });
    expect(
        "Update",
        messages.get(4),
        encoder -> {
          encoder.update(0, table);
          tuple(encoder, 'K', Arrays.asList("-7", null, null, null, null, null, null));
          tuple(encoder, 'N', UPDATED);
        });
    byte[] content = "content".getBytes(UTF_8);
    expect(
        "Message",
        messages.get(5),
        encoder ->
            encoder.message(0, true, lsn, "prefix".getBytes(UTF_8), content, 0, content.length));
    expect(
        "Delete",
        messages.get(6),
        encoder -> {
          encoder.delete(0, table);
          tuple(encoder, 'K', Arrays.asList("8", null, null, null, null, null, null));
        });
  }

  /** Type OIDs are those of pg_type.dat, type modifiers have VARHDRSZ in them. */
  private static void relation(MessageEncoder encoder, int table, int mood) {
    encoder.relation(0, table, NAME.getBytes(UTF_8), "t".getBytes(UTF_8), 'd', 7);
    encoder.relationColumn(true, "id".getBytes(UTF_8), 23, -1);
    encoder.relationColumn(false, "n".getBytes(UTF_8), 1700, (8 << 16 | 2) + 4);
    encoder.relationColumn(false, "s".getBytes(UTF_8), 1043, 9 + 4);
    encoder.relationColumn(false, "j".getBytes(UTF_8), 3802, -1);
    encoder.relationColumn(false, "a".getBytes(UTF_8), 1009, -1);
    encoder.relationColumn(false, "at".getBytes(UTF_8), 1184, -1);
    encoder.relationColumn(false, "m".getBytes(UTF_8), mood, -1);
  }

  private static void tuple(MessageEncoder encoder, char kind, List<String> values) {
    encoder.tuple(kind, values.size());
    for (String value : values) {
      if (value == null) {
        encoder.nullColumn();
      } else {
        byte[] text = value.getBytes(UTF_8);
        encoder.textColumn(text, 0, text.length);
      }
    }
  }

  private static void expect(String what, byte[] actual, Consumer<MessageEncoder> writer)
      throws Failure {
    MessageEncoder encoder = new MessageEncoder();
    writer.accept(encoder);
    expect(what, Arrays.equals(actual, encoder.toByteArray()));
  }

  private static void expect(String what, boolean holds) throws Failure {
    if (!holds) {
      throw new Failure("the " + what + " message is not what was written");
    }
  }
}

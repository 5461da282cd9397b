package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Everything that a client sends in one connection. What a server answers depends on these bytes
 * alone, so two servers can be compared message by message.
 *
 * @param farewell whether it ends in order, whatever was said before
 * @param cuts a seed for the sizes of the pieces in which the bytes are sent
 */
record Conversation(List<FrontendMessage> messages, boolean farewell, long cuts) {
  /**
   * How a connection ends if the server closed it before it had read everything: its kernel resets
   * it then, and the client's throws away what the client has not read yet.
   */
  static final String RESET = "reset";

  /** The table that the statements work with; it is the session's own. */
  private static final FrontendMessage SETUP =
      FrontendMessage.query(
          "create temp table f (id int primary key, t text);"
              + " insert into f select i, 'row ' || i from generate_series(1, 5) i");

  /** Gets a session out of every state that it may have been left in. */
  private static final List<FrontendMessage> EPILOGUE =
      List.of(
          FrontendMessage.copyFail("enough"),
          FrontendMessage.sync(),
          FrontendMessage.query("rollback"),
          FrontendMessage.query("select count(*), max(t) from f"),
          FrontendMessage.terminate());

  /**
   * Sends it, and returns what the server answered until it closed the connection; {@link #RESET}
   * at the end if the last of it may be missing.
   */
  List<String> with(int port) throws IOException, InterruptedException {
    try (RawClient client = new RawClient(port)) {
      client.send(
          RawClient.startup(RawClient.PROTOCOL_3_0, "user", "postgres", "database", "postgres"));
      client.readUntil('Z');
      client.send(SETUP.bytes()).readUntil('Z');
      Thread sender = new Thread(() -> send(client), "conversation-sender");
      sender.setDaemon(true);
      sender.start();
      List<String> answers = new ArrayList<>();
      try {
        while (true) {
          add(readable(client.read()), answers);
        }
      } catch (EOFException closed) {
        answers.add("closed");
      } catch (SocketException reset) {
        answers.add(RESET);
      }
      sender.join(20_000);
      return answers;
    }
  }

  /**
   * Several ParameterStatus in a row are sorted: their order is that in which the settings first
   * got a value, thus that of the two servers' postgresql.conf.
   */
  private static void add(String answer, List<String> answers) {
    int place = answers.size();
    if (answer.startsWith("S ")) {
      while (place > 0
          && answers.get(place - 1).startsWith("S ")
          && answers.get(place - 1).compareTo(answer) > 0) {
        place--;
      }
    }
    answers.add(place, answer);
  }

  /** What this would be if the client stopped after a part of its bytes. */
  Conversation upTo(double part, long newCuts) {
    byte[] all = bytes();
    byte[] some = Arrays.copyOf(all, (int) (part * all.length));
    String text = some.length + " bytes of " + this;
    return new Conversation(List.of(new FrontendMessage(text, some)), false, newCuts);
  }

  /** Sends it and disappears, whatever the server has to say. */
  void abandonedWith(int port) throws IOException {
    RawClient client = new RawClient(port).login("postgres", "postgres");
    client.send(SETUP.bytes()).readUntil('Z');
    // what the server has not read while it waits for its client to read is not sent either
    byte[] all = bytes();
    client.send(Arrays.copyOf(all, Math.min(all.length, 64 * 1024))).reset();
  }

  private byte[] bytes() {
    var bytes = new ByteArrayOutputStream();
    messages.forEach(message -> bytes.writeBytes(message.bytes()));
    return bytes.toByteArray();
  }

  private void send(RawClient client) {
    Random random = new Random(cuts);
    var all = new ByteArrayOutputStream();
    all.writeBytes(bytes());
    if (farewell) {
      EPILOGUE.forEach(message -> all.writeBytes(message.bytes()));
    }
    ByteBuffer rest = ByteBuffer.wrap(all.toByteArray());
    try {
      while (rest.hasRemaining()) {
        byte[] piece = new byte[Math.min(rest.remaining(), 1 << random.nextInt(16))];
        rest.get(piece);
        client.send(piece);
      }
      client.endOutput();
    } catch (IOException closed) {
      // the server has ended the session before its client did
    }
  }

  /** A message of the server, without what cannot be the same twice. */
  static String readable(RawClient.Message message) {
    byte[] body = message.body();
    return message.type()
        + " "
        + switch (message.type()) {
          case 'T' -> columns(ByteBuffer.wrap(body));
          case 'E', 'N' -> fields(body);
          case 'A' -> FrontendMessage.readable(Arrays.copyOfRange(body, 4, body.length));
          default -> FrontendMessage.readable(body);
        };
  }

  private static String fields(byte[] body) {
    // the same sources, so the same file and function; PGlite's changes moved lines of some
    return new String(body, UTF_8)
        .replace('\0', '|')
        .replaceFirst("\\|F(postgres|guc|backend_startup|postinit)\\.c\\|L\\d+", "|F$1.c")
        .replace("|RPostgresMainLongJmp|", "|RPostgresMain|")
        // conversions of encodings are libraries of C there and Java here
        .replaceFirst(
            "\\|F(mbutils\\.c\\|L\\d+\\|Rreport_untranslatable_char|(conversions\\.java)\\|R\\2)\\|",
            "|Fconversion|")
        .replaceAll("pg_temp_\\d+", "pg_temp");
  }

  /** RowDescription; the OID of a temporary table is only told from none. */
  private static String columns(ByteBuffer body) {
    int count = body.getShort();
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int start = body.position();
      while (body.get() != 0) {
        // until the end of the name
      }
      String name = new String(body.array(), start, body.position() - 1 - start, UTF_8);
      boolean ofTable = body.getInt() != 0;
      columns.add(
          "%s table=%s column=%d type=%d size=%d modifier=%d format=%d"
              .formatted(
                  name,
                  ofTable,
                  body.getShort(),
                  body.getInt(),
                  body.getShort(),
                  body.getInt(),
                  body.getShort()));
    }
    return columns.toString();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("cuts " + cuts);
    messages.forEach(message -> text.append("\n    ").append(message));
    return text.toString();
  }
}

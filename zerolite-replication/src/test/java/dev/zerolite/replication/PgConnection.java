package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A client that says exactly what it is told to; its server trusts everyone. */
final class PgConnection implements AutoCloseable {
  private static final int PROTOCOL_3_0 = 3 << 16;

  /** Much longer than any answer takes; a read that reaches it fails the test. */
  private static final int TIMEOUT_MILLIS = 30_000;

  private final Socket socket;
  private final DataInputStream input;
  private int pid;

  private PgConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.input = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
  }

  /** An ordinary session. */
  static PgConnection open(PgServer server) throws IOException {
    return open(server, "user", "postgres", "database", "postgres");
  }

  /** A session for replication commands and SQL. */
  static PgConnection replication(PgServer server) throws IOException {
    return open(server, "user", "postgres", "database", "postgres", "replication", "database");
  }

  static PgConnection open(PgServer server, String... parameters) throws IOException {
    PgConnection connection = connect(server);
    connection.send(startup(parameters));
    for (PgMessage message : connection.readUntil('Z')) {
      if (message.type() == 'K') {
        connection.pid = message.buffer().getInt();
      }
    }
    return connection;
  }

  /** A connection on which nothing has been said. */
  static PgConnection connect(PgServer server) throws IOException {
    Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), server.port());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    return new PgConnection(socket);
  }

  static byte[] startup(String... parameters) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (String parameter : parameters) {
      body.writeBytes((parameter + "\0").getBytes(UTF_8));
    }
    body.write(0);
    return ByteBuffer.allocate(8 + body.size())
        .putInt(8 + body.size())
        .putInt(PROTOCOL_3_0)
        .put(body.toByteArray())
        .array();
  }

  static byte[] message(char type, byte... body) {
    return ByteBuffer.allocate(5 + body.length)
        .put((byte) type)
        .putInt(4 + body.length)
        .put(body)
        .array();
  }

  static byte[] query(String sql) {
    return message('Q', (sql + "\0").getBytes(UTF_8));
  }

  /** CopyData of a standby that has everything up to a position. */
  static byte[] statusUpdate(long position) {
    return ByteBuffer.allocate(34)
        .put((byte) 'r')
        .putLong(position)
        .putLong(position)
        .putLong(position)
        .array();
  }

  int pid() {
    return pid;
  }

  PgConnection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  PgMessage read() throws IOException {
    char type = (char) input.readUnsignedByte();
    byte[] body = new byte[input.readInt() - 4];
    input.readFully(body);
    return new PgMessage(type, body);
  }

  /** Whether there is something to read at once. */
  boolean hasInput() throws IOException {
    return input.available() > 0;
  }

  List<PgMessage> readUntil(char type) throws IOException {
    List<PgMessage> messages = new ArrayList<>();
    do {
      messages.add(read());
    } while (messages.get(messages.size() - 1).type() != type);
    return messages;
  }

  /** Reads until the server closes the connection. */
  List<PgMessage> readToEnd() throws IOException {
    List<PgMessage> messages = new ArrayList<>();
    try {
      while (true) {
        messages.add(read());
      }
    } catch (EOFException | SocketException e) {
      return messages; // a server that closes with something unread resets the connection
    }
  }

  /** A simple query's whole answer. */
  List<PgMessage> run(String sql) throws IOException {
    send(query(sql));
    return readUntil('Z');
  }

  /** A simple query that must not fail: its rows. */
  List<List<String>> rows(String sql) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    for (PgMessage message : run(sql)) {
      if (message.type() == 'E') {
        throw new AssertionError(sql + ": " + message.describe());
      }
      if (message.type() == 'D') {
        rows.add(message.columns());
      }
    }
    return rows;
  }

  /** The only value that a query has. */
  String value(String sql) throws IOException {
    return rows(sql).get(0).get(0);
  }

  /** Ends what is sent, as a client does that still reads. */
  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Disappears without a farewell: the kernel sends RST. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A client that says exactly what it is told to, byte by byte. */
final class RawClient implements AutoCloseable {
  static final int PROTOCOL_3_0 = 3 << 16;

  /** Much longer than any answer takes; a read that reaches it fails the test. */
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Socket socket;
  private final DataInputStream input;

  RawClient(int port) throws IOException {
    this(InetAddress.getByName("127.0.0.1"), port);
  }

  RawClient(InetAddress address, int port) throws IOException {
    socket = new Socket(address, port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    input = new DataInputStream(socket.getInputStream());
  }

  /** A message from the server. */
  record Message(char type, byte[] body) {
    /** The authentication code, pid or whatever else comes first. */
    int firstInt() {
      return ByteBuffer.wrap(body).getInt(0);
    }

    /** The fields of an ErrorResponse by their letters. */
    Map<Character, String> fields() {
      assertThat(type).isEqualTo('E');
      Map<Character, String> fields = new LinkedHashMap<>();
      for (String field : new String(body, UTF_8).split("\0")) {
        fields.put(field.charAt(0), field.substring(1));
      }
      return fields;
    }
  }

  static byte[] startup(int version, String... parameters) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(ByteBuffer.allocate(4).putInt(version).array());
    for (String parameter : parameters) {
      body.writeBytes((parameter + "\0").getBytes(UTF_8));
    }
    body.write(0);
    return packet(body.toByteArray());
  }

  static byte[] packet(byte[] body) {
    return ByteBuffer.allocate(4 + body.length).putInt(4 + body.length).put(body).array();
  }

  static byte[] packet(int... words) {
    ByteBuffer body = ByteBuffer.allocate(4 * words.length);
    for (int word : words) {
      body.putInt(word);
    }
    return packet(body.array());
  }

  static byte[] message(char type, byte[] body) {
    return ByteBuffer.allocate(5 + body.length).put((byte) type).put(packet(body)).array();
  }

  static byte[] query(String sql) {
    return message('Q', (sql + "\0").getBytes(UTF_8));
  }

  RawClient send(byte[]... parts) throws IOException {
    for (byte[] part : parts) {
      socket.getOutputStream().write(part);
    }
    return this;
  }

  /** Starts a session on a server that trusts everyone. */
  RawClient login(String user, String database) throws IOException {
    send(startup(PROTOCOL_3_0, "user", user, "database", database));
    List<Message> greeting = readUntil('Z');
    assertThat(greeting.get(0).type()).isEqualTo('R');
    return this;
  }

  /** Starts a statement that runs until it is ended; returns when it surely runs. */
  RawClient runForever() throws IOException {
    send(query("do $$ begin raise notice 'running'; perform pg_sleep(600); end $$"));
    readUntil('N');
    return this;
  }

  int readByte() throws IOException {
    return input.read();
  }

  Message read() throws IOException {
    char type = (char) input.readUnsignedByte();
    byte[] body = new byte[input.readInt() - 4];
    input.readFully(body);
    return new Message(type, body);
  }

  List<Message> readUntil(char type) throws IOException {
    List<Message> messages = new ArrayList<>();
    Message message;
    do {
      message = read();
      messages.add(message);
      assertThat(type == 'E' || message.type() != 'E')
          .as(() -> "error " + messages.get(messages.size() - 1).fields())
          .isTrue();
    } while (message.type() != type);
    return messages;
  }

  /** Expects a FATAL error and then the end of the connection. */
  Map<Character, String> readFatal() throws IOException {
    List<Message> messages = readUntil('E');
    Map<Character, String> fields = messages.get(messages.size() - 1).fields();
    assertThat(fields).containsEntry('S', "FATAL").containsEntry('V', "FATAL");
    assertThat(readByte()).as("byte after a fatal error").isEqualTo(-1);
    return fields;
  }

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

package dev.zerolite.replication.triggers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A message of the frontend/backend protocol (3.0, "Message Formats").
 *
 * @param type 0 for the startup packet, which has none
 */
record Message(char type, byte[] body) {

  static Message query(String sql) {
    return new Message('Q', cString(sql));
  }

  /**
   * A column of an answer, in text.
   *
   * @param type its OID, and {@code length} its typlen, see pg_type.dat
   */
  record Field(String name, int type, int length) {
    static Field text(String name) {
      return new Field(name, 25, -1);
    }

    static Field int8(String name) {
      return new Field(name, 20, 8);
    }
  }

  /** A result of columns of type text, as most replication commands have. */
  static Message rowDescription(String... names) {
    return rowDescription(Stream.of(names).map(Field::text).toList());
  }

  static Message rowDescription(List<Field> fields) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(ByteBuffer.allocate(2).putShort((short) fields.size()).array());
    for (Field field : fields) {
      body.writeBytes(cString(field.name()));
      ByteBuffer rest = ByteBuffer.allocate(18).putInt(0).putShort((short) 0);
      rest.putInt(field.type()).putShort((short) field.length()).putInt(-1);
      body.writeBytes(rest.array());
    }
    return new Message('T', body.toByteArray());
  }

  static Message dataRow(String... values) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(ByteBuffer.allocate(2).putShort((short) values.length).array());
    for (String value : values) {
      if (value == null) {
        body.writeBytes(ByteBuffer.allocate(4).putInt(-1).array());
      } else {
        byte[] bytes = value.getBytes(UTF_8);
        body.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
        body.writeBytes(bytes);
      }
    }
    return new Message('D', body.toByteArray());
  }

  static Message commandComplete(String tag) {
    return new Message('C', cString(tag));
  }

  static Message ready(char transactionStatus) {
    return new Message('Z', new byte[] {(byte) transactionStatus});
  }

  static Message error(String severity, ReplicationException e) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (String field :
        new String[] {"S" + severity, "V" + severity, "C" + e.sqlState(), "M" + e.getMessage()}) {
      body.writeBytes(cString(field));
    }
    if (!e.context().isEmpty()) {
      body.writeBytes(cString("W" + e.context()));
    }
    body.write(0);
    return new Message('E', body.toByteArray());
  }

  /** As of a message that is a text or begins with one. */
  String text() {
    int end = 0;
    while (end < body.length && body[end] != 0) {
      end++;
    }
    return new String(body, 0, end, UTF_8);
  }

  byte[] toBytes() {
    int header = type == 0 ? 4 : 5;
    ByteBuffer bytes = ByteBuffer.allocate(header + body.length);
    if (type != 0) {
      bytes.put((byte) type);
    }
    return bytes.putInt(4 + body.length).put(body).array();
  }

  private static byte[] cString(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return Arrays.copyOf(bytes, bytes.length + 1);
  }
}

package dev.zerolite.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Frontend messages, see "Message Formats" in PostgreSQL's protocol documentation. */
final class Messages {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  Messages query(String sql) {
    return message('Q', text(sql));
  }

  Messages parse(String statement, String sql) {
    return message('P', text(statement), text(sql), int16(0));
  }

  /** All parameters and results as text. */
  Messages bind(String statement, Object... parameters) {
    var values = new ByteArrayOutputStream();
    for (var parameter : parameters) {
      var value = parameter.toString().getBytes(UTF_8);
      values.writeBytes(int32(value.length));
      values.writeBytes(value);
    }
    return message(
        'B',
        text(""),
        text(statement),
        int16(0),
        int16(parameters.length),
        values.toByteArray(),
        int16(0));
  }

  Messages describePortal() {
    return message('D', new byte[] {'P'}, text(""));
  }

  Messages execute() {
    return message('E', text(""), int32(0));
  }

  Messages sync() {
    return message('S');
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  private Messages message(char type, byte[]... parts) {
    try {
      int length = 4;
      for (var part : parts) {
        length += part.length;
      }
      out.writeByte(type);
      out.writeInt(length);
      for (var part : parts) {
        out.write(part);
      }
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // an array does not fail
    }
  }

  private static byte[] text(String value) {
    return (value + "\0").getBytes(UTF_8);
  }

  private static byte[] int16(int value) {
    return new byte[] {(byte) (value >> 8), (byte) value};
  }

  private static byte[] int32(int value) {
    return new byte[] {
      (byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value
    };
  }
}

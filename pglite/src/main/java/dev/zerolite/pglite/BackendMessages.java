package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * The few backend messages (protocol 3.0, "Message Formats") the cluster reads or writes itself.
 */
final class BackendMessages {
  private static final int HEADER = 5;

  private BackendMessages() {}

  /** Receives each message of a sequence. */
  @FunctionalInterface
  interface Visitor {
    void message(char type, ByteBuffer body);
  }

  static void forEach(byte[] messages, Visitor visitor) {
    int position = 0;
    while (position + HEADER <= messages.length) {
      ByteBuffer header = ByteBuffer.wrap(messages, position, HEADER);
      char type = (char) header.get();
      int length = header.getInt();
      visitor.message(type, ByteBuffer.wrap(messages, position + HEADER, length - 4).slice());
      position += 1 + length;
    }
  }

  static void throwFirstError(byte[] messages) throws BackendStartException {
    ErrorFields[] found = new ErrorFields[1];
    forEach(
        messages,
        (type, body) -> {
          if (type == 'E' && found[0] == null) {
            found[0] = ErrorFields.parse(body);
          }
        });
    if (found[0] != null) {
      throw new BackendStartException(found[0].sqlState(), found[0].messageAndDetail());
    }
  }

  /** ErrorResponse's fields that matter here. */
  record ErrorFields(String sqlState, String message, String detail) {
    static ErrorFields parse(ByteBuffer body) {
      String sqlState = "XX000";
      String message = "";
      String detail = "";
      byte field;
      while (body.hasRemaining() && (field = body.get()) != 0) {
        String value = cString(body);
        if (field == 'C') {
          sqlState = value;
        } else if (field == 'M') {
          message = value;
        } else if (field == 'D') {
          detail = value;
        }
      }
      return new ErrorFields(sqlState, message, detail);
    }

    String messageAndDetail() {
      return detail.isEmpty() ? message : message + ": " + detail;
    }
  }

  static String cString(ByteBuffer buffer) {
    int start = buffer.position();
    while (buffer.get() != 0) {
      // to the terminating NUL
    }
    byte[] bytes = new byte[buffer.position() - 1 - start];
    buffer.get(start, bytes);
    return new String(bytes, UTF_8);
  }

  /** An ErrorResponse with severity FATAL. */
  static byte[] fatal(String sqlState, String message) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String[] fields = {"SFATAL", "VFATAL", "C" + sqlState, "M" + message};
    for (String field : fields) {
      body.writeBytes((field + "\0").getBytes(UTF_8));
    }
    body.write(0);
    return ByteBuffer.allocate(HEADER + body.size())
        .put((byte) 'E')
        .putInt(4 + body.size())
        .put(body.toByteArray())
        .array();
  }
}

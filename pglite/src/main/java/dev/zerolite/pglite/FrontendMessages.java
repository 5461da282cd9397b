package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * The few frontend messages (protocol 3.0, "Message Formats") the cluster sends its backends
 * itself.
 */
final class FrontendMessages {
  private static final int PROTOCOL_3_0 = 3 << 16;

  private FrontendMessages() {}

  static byte[] startup(Map<String, String> parameters) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    parameters.forEach(
        (name, value) -> {
          body.writeBytes(cString(name));
          body.writeBytes(cString(value));
        });
    body.write(0);
    return ByteBuffer.allocate(8 + body.size())
        .putInt(8 + body.size())
        .putInt(PROTOCOL_3_0)
        .put(body.toByteArray())
        .array();
  }

  static byte[] query(String sql) {
    byte[] text = cString(sql);
    return ByteBuffer.allocate(5 + text.length)
        .put((byte) 'Q')
        .putInt(4 + text.length)
        .put(text)
        .array();
  }

  private static byte[] cString(String text) {
    return (text + "\0").getBytes(UTF_8);
  }
}

package dev.zerolite.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Builds one backend message: type byte, length word (itself included), body. */
final class MessageWriter {
  private final byte type;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  MessageWriter(char type) {
    this.type = (byte) type;
  }

  MessageWriter int8(int value) {
    body.write(value);
    return this;
  }

  MessageWriter int32(int value) {
    return bytes(ByteBuffer.allocate(4).putInt(value).array());
  }

  MessageWriter bytes(byte[] value) {
    body.writeBytes(value);
    return this;
  }

  /** PostgreSQL's String: zero-terminated, so a zero inside would end it early. */
  MessageWriter string(String value) {
    return bytes(value.replace("\0", "").getBytes(StandardCharsets.UTF_8)).int8(0);
  }

  byte[] toBytes() {
    return ByteBuffer.allocate(5 + body.size())
        .put(type)
        .putInt(4 + body.size())
        .put(body.toByteArray())
        .array();
  }
}

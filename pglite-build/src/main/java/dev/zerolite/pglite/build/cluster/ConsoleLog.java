package dev.zerolite.pglite.build.cluster;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** What the programs print, kept for the message if they fail. */
final class ConsoleLog {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  void write(byte[] source, int offset, int length) {
    bytes.write(source, offset, length);
  }

  String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}

package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A message of the server. */
record PgMessage(char type, byte[] body) {
  ByteBuffer buffer() {
    return ByteBuffer.wrap(body);
  }

  /** A DataRow's columns as text. */
  List<String> columns() {
    ByteBuffer buffer = buffer();
    List<String> columns = new ArrayList<>();
    int count = buffer.getShort();
    for (int i = 0; i < count; i++) {
      int length = buffer.getInt();
      if (length < 0) {
        columns.add(null);
      } else {
        byte[] value = new byte[length];
        buffer.get(value);
        columns.add(new String(value, UTF_8));
      }
    }
    return columns;
  }

  /** The fields of an ErrorResponse or NoticeResponse by their letters. */
  Map<Character, String> fields() {
    Map<Character, String> fields = new TreeMap<>();
    for (String field : new String(body, UTF_8).split("\0")) {
      if (!field.isEmpty()) {
        fields.put(field.charAt(0), field.substring(1));
      }
    }
    return fields;
  }

  String sqlState() {
    return fields().get('C');
  }

  /** All that a client can see of it; source lines differ between builds. */
  String describe() {
    return switch (type) {
      case 'D' -> "D " + columns();
      case 'C' -> "C " + new String(body, 0, body.length - 1, UTF_8);
      case 'Z' -> "Z " + (char) body[0];
      case 'T' -> "T " + rowDescription();
      case 'E', 'N' -> {
        Map<Character, String> fields = fields();
        fields.keySet().removeAll(List.of('F', 'L', 'R'));
        fields.computeIfPresent(
            'W', (letter, where) -> where.replaceAll("LSN [0-9A-F]+/[0-9A-F]+", "LSN"));
        yield type + " " + fields;
      }
      case 'S' -> "S " + new String(body, UTF_8).replace('\0', ' ');
      case 'd' -> "d " + (char) body[0];
      default -> type + " " + body.length;
    };
  }

  private List<String> rowDescription() {
    ByteBuffer buffer = buffer();
    List<String> columns = new ArrayList<>();
    int count = buffer.getShort();
    for (int i = 0; i < count; i++) {
      StringBuilder name = new StringBuilder();
      for (byte b = buffer.get(); b != 0; b = buffer.get()) {
        name.append((char) b);
      }
      buffer.getInt();
      buffer.getShort();
      int oid = buffer.getInt();
      int length = buffer.getShort();
      int modifier = buffer.getInt();
      int format = buffer.getShort();
      columns.add(name + ":" + oid + "/" + length + "/" + modifier + "/" + format);
    }
    return columns;
  }
}

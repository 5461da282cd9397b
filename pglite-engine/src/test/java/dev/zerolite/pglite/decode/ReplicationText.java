package dev.zerolite.pglite.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Messages of the logical replication protocol as lines that a test can compare, with names instead
 * of OIDs and without positions, times and transaction numbers.
 */
final class ReplicationText {
  private static final int LONG_VALUE = 100;

  private final Map<Integer, String> relations = new HashMap<>();

  /** Final LSNs of the Begin messages seen, in their order. */
  private final List<Long> commitLsns = new ArrayList<>();

  List<Long> commitLsns() {
    return commitLsns;
  }

  String line(byte[] bytes) {
    ByteBuffer message = ByteBuffer.wrap(bytes);
    char type = (char) message.get();
    String line =
        switch (type) {
          case 'B' -> begin(message);
          case 'C' -> commit(message);
          case 'R' -> relation(message);
          case 'Y' -> type(message);
          case 'I' -> "insert " + name(message) + tuples(message);
          case 'U' -> "update " + name(message) + tuples(message);
          case 'D' -> "delete " + name(message) + tuples(message);
          case 'T' -> truncate(message);
          case 'M' -> message(message);
          case 'O' -> origin(message);
          default -> throw new AssertionError("unexpected message '" + type + "'");
        };
    if (message.hasRemaining()) {
      throw new AssertionError(message.remaining() + " bytes too many after: " + line);
    }
    return line;
  }

  private String begin(ByteBuffer message) {
    commitLsns.add(message.getLong());
    message.getLong();
    return message.getInt() == 0 ? "begin without xid" : "begin";
  }

  private String commit(ByteBuffer message) {
    byte flags = message.get();
    long lsn = message.getLong();
    long end = message.getLong();
    message.getLong();
    boolean sound = flags == 0 && lsn == commitLsns.get(commitLsns.size() - 1) && end > lsn;
    return sound ? "commit" : "unsound commit";
  }

  private String relation(ByteBuffer message) {
    int oid = message.getInt();
    String name = string(message) + "." + string(message);
    relations.put(oid, name);
    StringBuilder line = new StringBuilder("relation " + name + " " + (char) message.get());
    int columns = message.getShort();
    for (int i = 0; i < columns; i++) {
      String key = message.get() == 1 ? "*" : "";
      line.append(' ')
          .append(string(message))
          .append(key)
          .append(':')
          .append(type(message.getInt()));
      int typmod = message.getInt();
      line.append(typmod == -1 ? "" : "(" + typmod + ")");
    }
    return line.toString();
  }

  /** Types that users make have OIDs that differ from run to run. */
  private static String type(int oid) {
    return Integer.compareUnsigned(oid, 16384) < 0 ? Integer.toString(oid) : "own";
  }

  private static String type(ByteBuffer message) {
    message.getInt();
    return "type " + string(message) + "." + string(message);
  }

  private String name(ByteBuffer message) {
    return relations.get(message.getInt());
  }

  private String truncate(ByteBuffer message) {
    int count = message.getInt();
    int flags = message.get();
    StringBuilder line = new StringBuilder("truncate " + flags);
    for (int i = 0; i < count; i++) {
      line.append(' ').append(name(message));
    }
    return line.toString();
  }

  private static String message(ByteBuffer message) {
    boolean transactional = message.get() == 1;
    message.getLong();
    String prefix = string(message);
    return "message " + (transactional ? "t " : "n ") + prefix + " " + counted(message);
  }

  private static String origin(ByteBuffer message) {
    message.getLong();
    return "origin " + string(message);
  }

  private static String tuples(ByteBuffer message) {
    StringBuilder tuples = new StringBuilder();
    while (message.hasRemaining()) {
      tuples.append(' ').append((char) message.get());
      List<String> values = new ArrayList<>();
      int count = message.getShort();
      for (int i = 0; i < count; i++) {
        values.add(column(message));
      }
      tuples.append('(').append(String.join(", ", values)).append(')');
    }
    return tuples.toString();
  }

  private static String column(ByteBuffer message) {
    char kind = (char) message.get();
    return switch (kind) {
      case 'n' -> "null";
      case 'u' -> "unchanged";
      case 't' -> counted(message);
      case 'b' -> {
        byte[] value = new byte[message.getInt()];
        message.get(value);
        yield "0x" + HexFormat.of().formatHex(value);
      }
      default -> throw new AssertionError("unexpected column kind '" + kind + "'");
    };
  }

  private static String counted(ByteBuffer message) {
    byte[] value = new byte[message.getInt()];
    message.get(value);
    String text = new String(value, UTF_8);
    return text.length() > LONG_VALUE ? text.length() + " characters" : text;
  }

  private static String string(ByteBuffer message) {
    int start = message.position();
    while (message.get() != 0) {
      // to the end of the string
    }
    return new String(message.array(), start, message.position() - 1 - start, UTF_8);
  }
}

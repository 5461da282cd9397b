package dev.zerolite.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * One slot's messages of pgoutput, all protocol versions, as lines that can be compared with those
 * of another server: names instead of OIDs, transactions by the order in which they appear,
 * positions and times checked and left out.
 */
final class PgOutputText {
  private static final int FIRST_NORMAL_OBJECT = 16384; // access/transam.h
  private static final int LONG_VALUE = 120;

  /** Seconds from 1970 to 2000, PostgreSQL's epoch. */
  private static final long EPOCH_SECONDS = 946_684_800;

  private record Relation(String name, List<Integer> types) {}

  private final Map<Integer, String> typeNames = new HashMap<>();
  private final Map<Integer, Relation> relations = new HashMap<>();
  private final Map<Integer, Integer> transactions = new HashMap<>();
  private final Map<String, Long> prepared = new HashMap<>();
  private boolean streaming;
  private long begun;
  private long committed;

  /** Tells names of types that users have made; OIDs are in binary values too. */
  void learn(Map<Integer, String> names) {
    typeNames.putAll(names);
  }

  String line(byte[] bytes) {
    ByteBuffer message = ByteBuffer.wrap(bytes);
    char type = (char) message.get();
    StringBuilder line = new StringBuilder();
    if (streaming && "RYIUDTM".indexOf(type) >= 0) {
      line.append('[').append(transaction(message)).append("] ");
    }
    line.append(
        switch (type) {
          case 'B' -> begin(message);
          case 'C' -> commit(message, "commit");
          case 'R' -> relation(message);
          case 'Y' -> type(message);
          case 'I' -> "insert " + row(message);
          case 'U' -> "update " + row(message);
          case 'D' -> "delete " + row(message);
          case 'T' -> truncate(message);
          case 'M' -> message(message);
          case 'O' -> "origin " + check(message.getLong() > 0, "lsn") + string(message);
          case 'S' -> streamStart(message);
          case 'E' -> streamStop();
          case 'c' -> "stream commit " + transaction(message) + commit(message, "");
          case 'A' -> streamAbort(message);
          case 'b' -> prepare(message, "begin prepare");
          case 'P' -> check(message.get() == 0, "flags") + prepare(message, "prepare");
          case 'p' -> check(message.get() == 0, "flags") + prepare(message, "stream prepare");
          case 'K' -> check(message.get() == 0, "flags") + commitPrepared(message);
          case 'r' -> rollbackPrepared(message);
          default -> throw new AssertionError("unexpected message '" + type + "'");
        });
    if (message.hasRemaining()) {
      throw new AssertionError(message.remaining() + " bytes too many after: " + line);
    }
    return line.toString();
  }

  /** Nothing if a field is as it must be; otherwise a text that the other server will not have. */
  private static String check(boolean sound, String what) {
    return sound ? "" : "UNSOUND " + what + " ";
  }

  private static String time(ByteBuffer message) {
    Instant time = Instant.ofEpochSecond(EPOCH_SECONDS).plusNanos(message.getLong() * 1000);
    Instant now = Instant.now();
    return check(
        time.isAfter(now.minusSeconds(3600)) && time.isBefore(now.plusSeconds(60)), "time " + time);
  }

  private String transaction(ByteBuffer message) {
    int xid = message.getInt();
    return xid == 0 ? "x0" : "x" + transactions.computeIfAbsent(xid, x -> transactions.size() + 1);
  }

  private String begin(ByteBuffer message) {
    begun = message.getLong();
    return "begin " + check(begun > committed, "lsn") + time(message) + transaction(message);
  }

  private String commit(ByteBuffer message, String word) {
    boolean streamed = word.isEmpty();
    byte flags = message.get();
    long lsn = message.getLong();
    long end = message.getLong();
    String result =
        word
            + check(flags == 0, "flags")
            + check(streamed || lsn == begun, "lsn")
            + check(lsn > committed && end > lsn, "order")
            + time(message);
    committed = lsn;
    return result;
  }

  private String relation(ByteBuffer message) {
    int oid = message.getInt();
    String name = string(message) + "." + string(message);
    StringBuilder line = new StringBuilder("relation " + name + " " + (char) message.get());
    int columns = message.getShort();
    List<Integer> types = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      byte key = message.get();
      line.append(' ').append(string(message)).append(key == 0 ? "" : key == 1 ? "*" : "*" + key);
      types.add(message.getInt());
      line.append(':').append(typeName(types.get(i)));
      int typmod = message.getInt();
      line.append(typmod == -1 ? "" : "(" + typmod + ")");
    }
    relations.put(oid, new Relation(name, types));
    return line.toString();
  }

  private String typeName(int oid) {
    return Integer.compareUnsigned(oid, FIRST_NORMAL_OBJECT) < 0
        ? Integer.toString(oid)
        : typeNames.getOrDefault(oid, "unknown");
  }

  private String type(ByteBuffer message) {
    String own = typeName(message.getInt());
    return "type " + own + " is " + string(message) + "." + string(message);
  }

  private String truncate(ByteBuffer message) {
    int count = message.getInt();
    StringBuilder line = new StringBuilder("truncate " + message.get());
    for (int i = 0; i < count; i++) {
      line.append(' ').append(relationOf(message).name());
    }
    return line.toString();
  }

  private Relation relationOf(ByteBuffer message) {
    int oid = message.getInt();
    return relations.getOrDefault(oid, new Relation("relation not described", List.of()));
  }

  private static String message(ByteBuffer message) {
    int flags = message.get();
    String lsn = check(message.getLong() > 0, "lsn");
    return "message " + flags + " " + lsn + string(message) + " " + shorten(counted(message));
  }

  private String row(ByteBuffer message) {
    Relation relation = relationOf(message);
    StringBuilder line = new StringBuilder(relation.name());
    while (message.hasRemaining()) {
      line.append(' ').append((char) message.get());
      List<String> values = new ArrayList<>();
      int count = message.getShort();
      for (int i = 0; i < count; i++) {
        values.add(column(message, i < relation.types().size() ? relation.types().get(i) : 0));
      }
      line.append('(').append(String.join(", ", values)).append(')');
    }
    return line.toString();
  }

  private String column(ByteBuffer message, int type) {
    char kind = (char) message.get();
    return switch (kind) {
      case 'n' -> "null";
      case 'u' -> "unchanged";
      case 't' -> shorten(counted(message));
      case 'b' -> "0x" + binary(counted(message), type);
      default -> throw new AssertionError("unexpected column kind '" + kind + "'");
    };
  }

  /** Arrays and composites name their elements' types. */
  private String binary(byte[] value, int type) {
    String text = new String(value, ISO_8859_1);
    if (Integer.compareUnsigned(type, FIRST_NORMAL_OBJECT) >= 0) {
      for (Map.Entry<Integer, String> own : typeNames.entrySet()) {
        byte[] oid = ByteBuffer.allocate(4).putInt(own.getKey()).array();
        text = text.replace(new String(oid, ISO_8859_1), "<" + own.getValue() + ">");
      }
    }
    return HexFormat.of().formatHex(text.getBytes(ISO_8859_1));
  }

  private static String shorten(byte[] value) {
    String text = new String(value, UTF_8);
    return text.length() > LONG_VALUE
        ? text.length() + " characters, hash " + text.hashCode()
        : text;
  }

  private String streamStart(ByteBuffer message) {
    streaming = true;
    return "stream start " + transaction(message) + (message.get() == 1 ? " first" : "");
  }

  private String streamStop() {
    streaming = false;
    return "stream stop";
  }

  private String streamAbort(ByteBuffer message) {
    String line = "stream abort " + transaction(message) + " " + transaction(message);
    if (message.hasRemaining()) {
      line += " at " + check(message.getLong() > 0, "lsn") + time(message);
    }
    return line;
  }

  private String prepare(ByteBuffer message, String word) {
    long lsn = message.getLong();
    long end = message.getLong();
    String line = word + " " + check(end > lsn, "lsn") + time(message) + transaction(message);
    String gid = string(message);
    Long known = prepared.put(gid, end);
    boolean second = word.equals("prepare");
    return line + " " + gid + check(!second || known != null && known == end, "prepare");
  }

  private String commitPrepared(ByteBuffer message) {
    long lsn = message.getLong();
    long end = message.getLong();
    return "commit prepared "
        + check(end > lsn, "lsn")
        + time(message)
        + transaction(message)
        + " "
        + string(message);
  }

  private String rollbackPrepared(ByteBuffer message) {
    String line = "rollback prepared " + check(message.get() == 0, "flags");
    long preparedEnd = message.getLong();
    long end = message.getLong();
    line += check(end > preparedEnd, "lsn") + time(message) + time(message) + transaction(message);
    String gid = string(message);
    Long known = prepared.get(gid);
    return line + " " + gid + check(known != null && known == preparedEnd, "prepared end");
  }

  private static byte[] counted(ByteBuffer message) {
    byte[] value = new byte[message.getInt()];
    message.get(value);
    return value;
  }

  private static String string(ByteBuffer message) {
    int start = message.position();
    while (message.get() != 0) {
      // to the end of the string
    }
    return new String(message.array(), start, message.position() - 1 - start, UTF_8);
  }
}

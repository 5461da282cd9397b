package dev.zerolite.wire;

import static dev.zerolite.wire.ConnectionRefusedException.protocolViolation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The untyped packets that a client may send first. Rules and texts are those of
 * ProcessStartupPacket in PostgreSQL's src/backend/tcop/backend_startup.c.
 */
sealed interface StartupPacket {
  /** MAX_STARTUP_PACKET_LENGTH of libpq/pqcomm.h, without the length word itself. */
  int MAX_LENGTH = 10_000;

  /** The version code that every packet has is the shortest body. */
  int MIN_LENGTH = 4;

  /** PG_PROTOCOL(3, 0). */
  int PROTOCOL_3_0 = 3 << 16;

  /** Asks for TLS. */
  record SslRequest() implements StartupPacket {
    static final int CODE = 1234 << 16 | 5679;
  }

  /** Asks for GSSAPI encryption. */
  record GssEncRequest() implements StartupPacket {
    static final int CODE = 1234 << 16 | 5680;
  }

  /** Asks that the statement another connection is running be cancelled. */
  record CancelRequest(int pid, int key) implements StartupPacket {
    static final int CODE = 1234 << 16 | 5678;

    /** Code, pid and the four-byte key of protocol 3.0. */
    static final int LENGTH = 12;
  }

  /**
   * Asks for a session.
   *
   * @param parameters {@code user} and {@code database} always, others as the client sent them
   * @param unrecognizedOptions names of {@code _pq_.} protocol options; none exists in 3.0
   */
  record StartupMessage(
      int minorVersion, Map<String, String> parameters, List<String> unrecognizedOptions)
      implements StartupPacket {
    public StartupMessage {
      parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
      unrecognizedOptions = List.copyOf(unrecognizedOptions);
    }

    String user() {
      return parameters.get("user");
    }

    boolean needsNegotiation() {
      return minorVersion > 0 || !unrecognizedOptions.isEmpty();
    }
  }

  /** Reads a packet's body, which is all that follows the length word. */
  static StartupPacket decode(byte[] body) throws ConnectionRefusedException {
    checkLength(body.length);
    ByteBuffer packet = ByteBuffer.wrap(body);
    int code = packet.getInt();
    return switch (code) {
      case SslRequest.CODE -> new SslRequest();
      case GssEncRequest.CODE -> new GssEncRequest();
      case CancelRequest.CODE -> cancelRequest(packet);
      default -> startupMessage(code, packet);
    };
  }

  static void checkLength(int bodyLength) throws ConnectionRefusedException {
    if (bodyLength < MIN_LENGTH || bodyLength > MAX_LENGTH) {
      throw protocolViolation("invalid length of startup packet");
    }
  }

  private static CancelRequest cancelRequest(ByteBuffer packet) throws ConnectionRefusedException {
    if (packet.limit() != CancelRequest.LENGTH) {
      throw protocolViolation("invalid length of cancel request packet");
    }
    return new CancelRequest(packet.getInt(), packet.getInt());
  }

  private static StartupMessage startupMessage(int version, ByteBuffer packet)
      throws ConnectionRefusedException {
    int major = version >>> 16;
    int minor = version & 0xFFFF;
    if (major != 3) {
      throw new ConnectionRefusedException(
          "0A000",
          "unsupported frontend protocol " + major + "." + minor + ": server supports 3.0 to 3.0");
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    List<String> unrecognizedOptions = new ArrayList<>();
    while (true) {
      String name = text(string(packet));
      if (name.isEmpty()) {
        break;
      }
      byte[] value = string(packet);
      if (name.startsWith("_pq_.")) {
        unrecognizedOptions.add(name);
      } else {
        parameters.put(name, text(isIdentifier(name) ? truncateIdentifier(value) : value));
      }
    }
    if (packet.hasRemaining()) {
      throw invalidLayout();
    }
    if (parameters.getOrDefault("user", "").isEmpty()) {
      throw new ConnectionRefusedException(
          "28000", "no PostgreSQL user name specified in startup packet");
    }
    if (parameters.getOrDefault("database", "").isEmpty()) {
      parameters.put("database", parameters.get("user"));
    }
    checkReplication(parameters.getOrDefault("replication", "false"));
    return new StartupMessage(minor, parameters, unrecognizedOptions);
  }

  private static boolean isIdentifier(String parameter) {
    return parameter.equals("user") || parameter.equals("database");
  }

  private static byte[] string(ByteBuffer packet) throws ConnectionRefusedException {
    int start = packet.position();
    while (packet.hasRemaining()) {
      if (packet.get() == 0) {
        return Arrays.copyOfRange(packet.array(), start, packet.position() - 1);
      }
    }
    throw invalidLayout();
  }

  private static ConnectionRefusedException invalidLayout() {
    return protocolViolation("invalid startup packet layout: expected terminator as last byte");
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /** NAMEDATALEN - 1 bytes, cut between characters. */
  private static byte[] truncateIdentifier(byte[] name) {
    int length = Math.min(name.length, 63);
    while (length > 0 && length < name.length && (name[length] & 0xC0) == 0x80) {
      length--;
    }
    return Arrays.copyOf(name, length);
  }

  private static void checkReplication(String value) throws ConnectionRefusedException {
    // parse_bool also takes other spellings; these are the ones that the hint names, and the words
    Set<String> valid = Set.of("database", "true", "false", "on", "off", "yes", "no", "1", "0");
    if (!valid.contains(value)) {
      throw new ConnectionRefusedException(
          "22023",
          "invalid value for parameter \"replication\": \"" + value + "\"",
          "Valid values are: \"false\", 0, \"true\", 1, \"database\".");
    }
  }
}

package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.List;

/** First packets, right ones and wrong ones: "StartupMessage" and "NegotiateProtocolVersion". */
final class KnownGreetings {
  private static final int PROTOCOL_3_2 = 3 << 16 | 2;

  private KnownGreetings() {}

  static List<byte[]> all() {
    return List.of(
        // versions; a longer cancel key with 3.2
        of("user", "postgres", "TimeZone", "Asia/Tokyo"),
        RawClient.startup(3 << 16 | 1, "user", "postgres"),
        RawClient.startup(PROTOCOL_3_2, "user", "postgres"),
        RawClient.startup(PROTOCOL_3_2, "user", "postgres", "_pq_.future", "1"),
        RawClient.startup(3 << 16 | 3, "user", "postgres"),
        RawClient.startup(3 << 16 | 9999, "user", "postgres", "_pq_.a", "1", "_pq_.b", ""),
        of("user", "postgres", "_pq_.future", "1"),
        of("user", "postgres", "_pq_.", "1"),
        RawClient.startup(2 << 16, "user", "postgres"),
        RawClient.startup(4 << 16, "user", "postgres"),
        RawClient.startup(0),

        // who and where
        of(),
        of("user", ""),
        of("database", "postgres"),
        of("user", "nobody"),
        of("user", "postgres", "database", "nowhere"),
        of("user", "postgres", "database", ""),
        of("user", "postgres", "user", "nobody"),
        of("user", "postgres", "database", "x".repeat(100)),
        of("user", "x".repeat(100)),
        of("user", "pöstgres"),

        // settings
        of("user", "postgres", "client_encoding", "LATIN1", "application_name", "ä"),
        of("user", "postgres", "client_encoding", "nonsense"),
        of("user", "postgres", "DateStyle", "German", "search_path", "pg_catalog"),
        of("user", "postgres", "options", "-c work_mem=3MB --geqo=off -cintervalstyle=iso_8601"),
        of("user", "postgres", "options", "-c application_name=with\\ blank"),
        of("user", "postgres", "options", "-c nonsense=1"),
        of("user", "postgres", "options", "-c max_connections=1"),
        of("user", "postgres", "options", "-X"),
        of("user", "postgres", "nonsense", "1"),
        of("user", "postgres", "some.thing", "1"),
        of("user", "postgres", "DateStyle", "nonsense"),
        of("user", "postgres", "wal_level", "logical"),
        of("user", "postgres", "is_superuser", "off"),
        of("user", "postgres", "application_name", "a\nb" + "x".repeat(100)),

        // replication
        of("user", "postgres", "replication", "true"),
        of("user", "postgres", "replication", "database", "database", "postgres"),
        of("user", "postgres", "replication", "off"),
        of("user", "postgres", "replication", "nonsense"),

        // layout
        layout("user\0postgres\0"),
        layout("user\0postgres\0\0\0"),
        layout("user\0postgres\0\0garbage"),
        layout("user\0postgres\0database\0\0"),
        layout("user"),
        layout(""));
  }

  private static byte[] of(String... parameters) {
    return RawClient.startup(RawClient.PROTOCOL_3_0, parameters);
  }

  private static byte[] layout(String parameters) {
    byte[] bytes = parameters.getBytes(UTF_8);
    return RawClient.packet(
        ByteBuffer.allocate(4 + bytes.length).putInt(RawClient.PROTOCOL_3_0).put(bytes).array());
  }
}

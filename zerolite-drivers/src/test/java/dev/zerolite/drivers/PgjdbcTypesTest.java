package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.geometric.PGpoint;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/** Values of all common types, sent and received as text and in binary. */
@ExtendWith(ServerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class PgjdbcTypesTest {
  /** A negative threshold makes pgjdbc ask for binary results from the first execution on. */
  private static final String BINARY = "prepareThreshold=-1&binaryTransfer=true";

  private static final String TEXT = "binaryTransfer=false";

  private final Server server;
  private String database;

  PgjdbcTypesTest(Server server) {
    this.server = server;
  }

  @BeforeAll
  void createDatabase() throws SQLException {
    database = server.newDatabase();
  }

  @ParameterizedTest
  @ValueSource(strings = {BINARY, TEXT, "preferQueryMode=simple"})
  void goInAndComeBack(String options) throws SQLException {
    try (var connection = server.connect(database, options)) {
      assertRoundTrip(connection, "bool", true, false);
      assertRoundTrip(connection, "int4", Integer.MIN_VALUE, 0, Integer.MAX_VALUE);
      assertRoundTrip(connection, "int8", Long.MIN_VALUE, 9_007_199_254_740_993L, Long.MAX_VALUE);
      assertRoundTrip(
          connection, "float4", 1.5f, Float.MIN_VALUE, Float.NaN, Float.NEGATIVE_INFINITY);
      assertRoundTrip(connection, "float8", 0.1, Double.MAX_VALUE, Double.NaN, -0.0);
      assertRoundTrip(
          connection,
          "numeric",
          new BigDecimal("0.000000000000000000000001"),
          new BigDecimal("-12345678901234567890.123456789"),
          new BigDecimal("1E+40").setScale(0));
      assertRoundTrip(connection, "text", "", "ünïcode 🐘 \\ ' \"", "x".repeat(100_000));
      assertRoundTrip(connection, "bytea", new byte[0], new byte[] {0, 1, -1, 39, 92});
      assertRoundTrip(connection, "uuid", UUID.fromString("01234567-89ab-cdef-0123-456789abcdef"));
      assertRoundTrip(connection, "date", LocalDate.of(2024, 2, 29), LocalDate.of(1, 1, 1));
      assertRoundTrip(connection, "time", LocalTime.of(23, 59, 59, 999_999_000));
      assertRoundTrip(
          connection, "timestamp", LocalDateTime.of(1969, 12, 31, 23, 59, 59, 123_456_000));
      assertRoundTrip(
          connection,
          "timestamptz",
          OffsetDateTime.of(2024, 3, 31, 2, 30, 0, 1_000, ZoneOffset.UTC));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {BINARY, TEXT, "preferQueryMode=simple"})
  void arraysGoInAndComeBack(String options) throws SQLException {
    try (var connection = server.connect(database, options);
        var select = connection.prepareStatement("select ?::int8[], ?::text[], ?::uuid[]")) {
      Object[] numbers = {1L, null, Long.MAX_VALUE};
      Object[] texts = {"a,b", "\"quoted\"", null, "", "{}", "NULL"};
      Object[] ids = {UUID.fromString("01234567-89ab-cdef-0123-456789abcdef")};
      select.setArray(1, connection.createArrayOf("int8", numbers));
      select.setArray(2, connection.createArrayOf("text", texts));
      select.setArray(3, connection.createArrayOf("uuid", ids));
      try (var row = select.executeQuery()) {
        assertThat(row.next()).isTrue();
        assertThat((Object[]) row.getArray(1).getArray()).containsExactly(numbers);
        assertThat((Object[]) row.getArray(2).getArray()).containsExactly(texts);
        assertThat((Object[]) row.getArray(3).getArray()).containsExactly(ids);
      }
    }
  }

  /** Each value's text form must be what PostgreSQL writes, however it travelled. */
  @Test
  void looksTheSameInTextAndInBinary() throws SQLException {
    var literals =
        List.of(
            "int2 '-32768'",
            "oid '4294967295'",
            "char(5) 'abcde'",
            "varchar(9) 'ä'",
            "name 'n'",
            "jsonb '{\"b\": [1, null, \"x\"], \"a\": 1e2}'",
            "json '{\"b\" :1}'",
            "inet '::1/64'",
            "cidr '10.0.0.0/8'",
            "macaddr '08:00:2b:01:02:03'",
            "bit(4) '1010'",
            "varbit '101'",
            "money '-1.50'",
            "xid '77'",
            "tid '(3,4)'",
            "pg_lsn '1/2A'",
            "int4range '[1,5)'",
            "tstzrange '[2024-01-01 00:00+00,)'",
            "int4multirange '{[1,2),[5,7)}'",
            "tsvector 'fat:2 cat:1A'",
            "tsquery 'fat & !cat'",
            "jsonpath '$.a[*]'",
            "xml '<a/>'",
            "interval '1 year 2 months 3 days 04:05:06.7'",
            "point '(1.5,-2.5)'",
            "box '(2.5,2.5),(1.5,1.5)'",
            "path '((0,0),(1,1))'",
            "polygon '((0,0),(1,1),(2,0))'",
            "circle '<(1,2),3>'",
            "lseg '[(0,0),(1,1)]'",
            "line '{1,2,3}'",
            "regclass 'pg_class'",
            "date 'infinity'",
            "timestamp '-infinity'",
            "numeric 'NaN'",
            "row(1, 'two', null)");
    try (var binary = server.connect(database, BINARY);
        var text = server.connect(database, TEXT);
        var simple = server.connect(database, "preferQueryMode=simple")) {
      for (var literal : literals) {
        var asText = one(simple, "select (" + literal + ")::text");
        assertThat(one(simple, "select " + literal)).as(literal + " simple").isEqualTo(asText);
        assertThat(one(text, "select " + literal)).as(literal + " as text").isEqualTo(asText);
        // pgjdbc itself formats an interval that it got in binary
        if (!literal.startsWith("interval")) {
          assertThat(one(binary, "select " + literal)).as(literal + " in binary").isEqualTo(asText);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {BINARY, TEXT})
  void driverTypesWork(String options) throws Exception {
    try (var connection = server.connect(database, options);
        var statement = connection.createStatement()) {
      statement.execute(
          "create type pg_temp.mood as enum ('sad', 'happy');"
              + " create temp table typed (m pg_temp.mood, j jsonb, i interval, p point)");
      try (var insert = connection.prepareStatement("insert into typed values (?, ?, ?, ?)")) {
        insert.setObject(1, "happy", java.sql.Types.OTHER);
        var json = new PGobject();
        json.setType("jsonb");
        json.setValue("{\"k\": [1, 2]}");
        insert.setObject(2, json);
        insert.setObject(3, new PGInterval(1, 2, 3, 4, 5, 6.5));
        insert.setObject(4, new PGpoint(1.25, -3));
        assertThat(insert.executeUpdate()).isEqualTo(1);
      }
      try (var select = connection.prepareStatement("select * from typed");
          var row = select.executeQuery()) {
        assertThat(row.next()).isTrue();
        assertThat(row.getString("m")).isEqualTo("happy");
        assertThat(((PGobject) row.getObject("j")).getValue()).isEqualTo("{\"k\": [1, 2]}");
        assertThat(row.getObject("i")).isEqualTo(new PGInterval(1, 2, 3, 4, 5, 6.5));
        assertThat(row.getObject("p")).isEqualTo(new PGpoint(1.25, -3));
      }
    }
  }

  private static void assertRoundTrip(Connection connection, String type, Object... values)
      throws SQLException {
    List<Object> all = new ArrayList<>(List.of(values));
    all.add(null);
    // the parameter's type is told, so that the driver may send it in binary
    try (var select = connection.prepareStatement("select ?::" + type)) {
      for (var value : all) {
        if (value == null) {
          select.setNull(1, java.sql.Types.OTHER);
        } else {
          select.setObject(1, value);
        }
        try (var row = select.executeQuery()) {
          assertThat(row.next()).isTrue();
          Object back = value == null ? row.getObject(1) : row.getObject(1, value.getClass());
          assertThat(back).as(type).isEqualTo(value);
        }
      }
    }
  }

  private static String one(Connection connection, String sql) throws SQLException {
    try (var statement = connection.prepareStatement(sql);
        var row = statement.executeQuery()) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }
}

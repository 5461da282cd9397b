package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.R2dbcException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** r2dbc-postgresql: pipelined extended queries, row limits with back pressure. */
@ExtendWith(ServerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class R2dbcTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Server server;
  private String database;

  R2dbcTest(Server server) {
    this.server = server;
  }

  @BeforeAll
  void createDatabase() throws SQLException {
    database = server.newDatabase();
  }

  @Test
  void parametersAndGeneratedValues() {
    with(
        connection -> {
          update(connection, "create temp table item (id serial, name text, at timestamptz)");
          var at = OffsetDateTime.of(2024, 5, 6, 7, 8, 9, 1_000, ZoneOffset.UTC);
          var ids =
              Flux.from(
                      connection
                          .createStatement("insert into item (name, at) values ($1, $2)")
                          .returnGeneratedValues("id")
                          .bind("$1", "ä")
                          .bind("$2", at)
                          .add()
                          .bind("$1", "b")
                          .bindNull("$2", OffsetDateTime.class)
                          .execute())
                  .concatMap(result -> result.map((row, info) -> row.get("id", Integer.class)))
                  .collectList()
                  .block(PATIENCE);
          assertThat(ids).containsExactly(1, 2);
          var back =
              connection
                  .createStatement("select at from item where name = $1")
                  .bind(0, "ä")
                  .execute()
                  .flatMap(result -> result.map((row, info) -> row.get(0, OffsetDateTime.class)))
                  .blockLast(PATIENCE);
          assertThat(back).isEqualTo(at);
          assertThat(update(connection, "delete from item")).isEqualTo(2);
        });
  }

  @Test
  void rowLimitsFetchAPortalInPortions() {
    with(
        connection -> {
          connection.beginTransaction().block(PATIENCE);
          var numbers =
              connection
                  .createStatement("select generate_series(1, 1000) where $1")
                  .bind("$1", true)
                  .fetchSize(70)
                  .execute()
                  .concatMap(result -> result.map((row, info) -> row.get(0, Integer.class)))
                  .collectList()
                  .block(PATIENCE);
          assertThat(numbers).hasSize(1000).startsWith(1, 2).endsWith(999, 1000);
          // a subscriber that has enough closes the portal before its end
          var few =
              connection
                  .createStatement("select generate_series(1, 1000000)")
                  .fetchSize(10)
                  .execute()
                  .concatMap(result -> result.map((row, info) -> row.get(0, Integer.class)))
                  .take(25)
                  .collectList()
                  .block(PATIENCE);
          assertThat(few).hasSize(25).endsWith(25);
          assertThat(one(connection, "select count(*) from pg_cursors where name <> ''"))
              .isEqualTo("0");
          connection.commitTransaction().block(PATIENCE);
        });
  }

  @Test
  void transactionsAndSavepoints() {
    with(
        connection -> {
          update(connection, "create temp table saved (a int unique)");
          connection.beginTransaction().block(PATIENCE);
          update(connection, "insert into saved values (1)");
          connection.createSavepoint("s").block(PATIENCE);
          assertState("23505", () -> update(connection, "insert into saved values (1)"));
          assertState("25P02", () -> update(connection, "insert into saved values (2)"));
          connection.rollbackTransactionToSavepoint("s").block(PATIENCE);
          update(connection, "insert into saved values (3)");
          connection.commitTransaction().block(PATIENCE);
          assertThat(one(connection, "select string_agg(a::text, ' ' order by a) from saved"))
              .isEqualTo("1 3");
        });
  }

  @Test
  void copiesIn() {
    with(
        connection -> {
          update(connection, "create temp table copied (a int, b text)");
          var chunks =
              Flux.range(0, 100)
                  .map(i -> ByteBuffer.wrap((i + "\tb\n").getBytes(StandardCharsets.UTF_8)));
          var rows =
              connection
                  .copyIn(
                      "copy copied from stdin", chunks.map(io.netty.buffer.Unpooled::wrappedBuffer))
                  .block(PATIENCE);
          assertThat(rows).isEqualTo(100);
          assertThat(one(connection, "select sum(a)::text from copied")).isEqualTo("4950");
        });
  }

  @Test
  void notificationsArrive() {
    with(
        listener -> {
          update(listener, "listen r2dbc");
          var first = listener.getNotifications().next().map(Notification::getParameter).toFuture();
          with(sender -> update(sender, "notify r2dbc, 'hello'"));
          assertThat(Mono.fromFuture(first).block(PATIENCE)).isEqualTo("hello");
        });
  }

  @Test
  void typesInBinary() {
    with(
        connection -> {
          var id = UUID.randomUUID();
          var row =
              connection
                  .createStatement("select $1::uuid, $2::jsonb, $3::int8[], $4::numeric, $5::bytea")
                  .bind("$1", id)
                  .bind("$2", Json.of("{\"a\": 1}"))
                  .bind("$3", new Long[] {1L, Long.MIN_VALUE})
                  .bind("$4", new java.math.BigDecimal("1234567890.0987654321"))
                  .bind("$5", ByteBuffer.wrap(new byte[] {0, -1}))
                  .execute()
                  .flatMap(
                      result ->
                          result.map(
                              (r, info) ->
                                  List.of(
                                      r.get(0, UUID.class),
                                      r.get(1, Json.class).asString(),
                                      List.of(r.get(2, Long[].class)),
                                      r.get(3, java.math.BigDecimal.class),
                                      r.get(4, ByteBuffer.class))))
                  .blockLast(PATIENCE);
          assertThat(row)
              .isEqualTo(
                  List.of(
                      id,
                      "{\"a\": 1}",
                      List.of(1L, Long.MIN_VALUE),
                      new java.math.BigDecimal("1234567890.0987654321"),
                      ByteBuffer.wrap(new byte[] {0, -1})));
        });
  }

  @Test
  void aStatementTimeoutIsAnError() {
    with(
        connection -> {
          connection.setStatementTimeout(Duration.ofMillis(50)).block(PATIENCE);
          assertState("57014", () -> update(connection, "select pg_sleep(60)"));
          connection.setStatementTimeout(Duration.ZERO).block(PATIENCE);
          assertThat(one(connection, "select 'alive'")).isEqualTo("alive");
        });
  }

  private interface Work {
    void on(PostgresqlConnection connection);
  }

  private void with(Work work) {
    var connection =
        new PostgresqlConnectionFactory(
                PostgresqlConnectionConfiguration.builder()
                    .host(server.host())
                    .port(server.port())
                    .username(server.user())
                    .password(server.password())
                    .database(database)
                    .build())
            .create()
            .block(PATIENCE);
    try {
      work.on(connection);
    } finally {
      connection.close().block(PATIENCE);
    }
  }

  private static long update(PostgresqlConnection connection, String sql) {
    return connection
        .createStatement(sql)
        .execute()
        .flatMap(PostgresqlResult::getRowsUpdated)
        .reduce(0L, Long::sum)
        .block(PATIENCE);
  }

  private static String one(PostgresqlConnection connection, String sql) {
    return connection
        .createStatement(sql)
        .execute()
        .flatMap(result -> result.map((row, info) -> row.get(0, String.class)))
        .single()
        .block(PATIENCE);
  }

  private static void assertState(
      String state, org.assertj.core.api.ThrowableAssert.ThrowingCallable statement) {
    assertThatThrownBy(statement)
        .isInstanceOfSatisfying(
            R2dbcException.class, e -> assertThat(e.getSqlState()).isEqualTo(state));
  }
}

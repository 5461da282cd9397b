package dev.zerolite.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.pubsub.PgSubscriber;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Vert.x's client: deep pipelining, binary everywhere, a pool. */
@ExtendWith(ServerExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class VertxTest {
  private final Server server;
  private Vertx vertx;
  private PgConnectOptions options;
  private Pool pool;

  VertxTest(Server server) {
    this.server = server;
  }

  @BeforeAll
  void connect() throws SQLException {
    vertx = Vertx.vertx();
    options =
        new PgConnectOptions()
            .setHost(server.host())
            .setPort(server.port())
            .setUser(server.user())
            .setPassword(server.password())
            .setDatabase(server.newDatabase())
            .setCachePreparedStatements(true)
            .setPipeliningLimit(64);
    pool =
        PgBuilder.pool()
            .with(new PoolOptions().setMaxSize(4))
            .connectingTo(options)
            .using(vertx)
            .build();
  }

  @AfterAll
  void close() throws Exception {
    await(pool.close());
    await(vertx.close());
  }

  @Test
  void hundredsOfPipelinedQueriesAreAnsweredInOrder() throws Exception {
    var connection = await(PgConnection.connect(vertx, options));
    List<Future<RowSet<Row>>> answers = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      answers.add(
          connection
              .preparedQuery(i % 10 == 3 ? "select 1 / ($1::int - $1)" : "select $1::int * 2")
              .execute(Tuple.of(i)));
    }
    for (int i = 0; i < 300; i++) {
      if (i % 10 == 3) {
        var answer = answers.get(i);
        assertState("22012", () -> await(answer));
      } else {
        assertThat(await(answers.get(i)).iterator().next().getInteger(0)).isEqualTo(2 * i);
      }
    }
    await(connection.close());
  }

  @Test
  void batchesAndReturning() throws Exception {
    await(pool.query("create table batched (id serial, name text)").execute());
    var result =
        await(
            pool.preparedQuery("insert into batched (name) values ($1) returning id")
                .executeBatch(List.of(Tuple.of("a"), Tuple.of("b"), Tuple.of("c"))));
    List<Integer> ids = new ArrayList<>();
    for (var rows = result; rows != null; rows = rows.next()) {
      ids.add(rows.iterator().next().getInteger("id"));
    }
    assertThat(ids).containsExactly(1, 2, 3);
  }

  @Test
  void transactionsRollBack() throws Exception {
    await(pool.query("create table moved (a int unique)").execute());
    assertState(
        "23505",
        () ->
            await(
                pool.withTransaction(
                    connection ->
                        connection
                            .query("insert into moved values (1)")
                            .execute()
                            .compose(
                                r -> connection.query("insert into moved values (1)").execute()))));
    await(
        pool.withTransaction(
            connection -> connection.query("insert into moved values (2)").execute()));
    assertThat(column(await(pool.query("select a::text from moved").execute())))
        .containsExactly("2");
  }

  @Test
  void cursorsReadInPortions() throws Exception {
    var connection = await(PgConnection.connect(vertx, options));
    var transaction = await(connection.begin());
    var statement = await(connection.prepare("select n::text from generate_series(1, $1) n"));
    var cursor = statement.cursor(Tuple.of(95));
    List<String> all = new ArrayList<>();
    int portions = 0;
    do {
      all.addAll(column(await(cursor.read(10))));
      portions++;
    } while (cursor.hasMore());
    assertThat(all).hasSize(95).endsWith("95");
    assertThat(portions).isEqualTo(10);
    await(cursor.close());
    await(transaction.commit());
    await(connection.close());
  }

  @Test
  void typesInBinary() throws Exception {
    var at = OffsetDateTime.of(2024, 5, 6, 7, 8, 9, 1_000, ZoneOffset.UTC);
    var id = UUID.randomUUID();
    var values =
        Tuple.of(
            id,
            at,
            new BigDecimal("12345678901234567890.123"),
            new JsonObject().put("a", List.of(1, 2)),
            new Long[] {1L, Long.MAX_VALUE},
            "ünï");
    var row =
        await(
                pool.preparedQuery(
                        "select $1::uuid, $2::timestamptz, $3::numeric, $4::jsonb, $5::int8[], $6::text")
                    .execute(values))
            .iterator()
            .next();
    assertThat(row.getUUID(0)).isEqualTo(id);
    assertThat(row.getOffsetDateTime(1)).isEqualTo(at);
    assertThat(row.getBigDecimal(2)).isEqualByComparingTo("12345678901234567890.123");
    assertThat(row.getJsonObject(3).encode()).isEqualTo("{\"a\":[1,2]}");
    assertThat(row.getArrayOfLongs(4)).containsExactly(1L, Long.MAX_VALUE);
    assertThat(row.getString(5)).isEqualTo("ünï");
  }

  @Test
  void subscribersAreNotified() throws Exception {
    var subscriber = PgSubscriber.subscriber(vertx, options);
    await(subscriber.connect());
    var payload = new CompletableFuture<String>();
    var listening = new CompletableFuture<Void>();
    subscriber
        .channel("vertx")
        .subscribeHandler(nothing -> listening.complete(null))
        .handler(payload::complete);
    listening.get(20, TimeUnit.SECONDS);
    await(pool.query("notify vertx, 'hello'").execute());
    assertThat(payload.get(20, TimeUnit.SECONDS)).isEqualTo("hello");
    await(subscriber.close());
  }

  @Test
  void aStatementCanBeCancelled() throws Exception {
    var connection = await(PgConnection.connect(vertx, options));
    var sleeping = connection.query("select pg_sleep(60)").execute();
    // the server surely runs it once another session sees it
    var running =
        "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and pid = "
            + connection.processId();
    while (await(pool.query(running).execute()).iterator().next().getLong(0) == 0) {
      assertThat(sleeping.isComplete()).isFalse();
    }
    await(connection.cancelRequest());
    assertState("57014", () -> await(sleeping));
    await(connection.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof PgException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private static List<String> column(RowSet<Row> rows) {
    Stream<Row> stream = StreamSupport.stream(rows.spliterator(), false);
    return stream.map(row -> row.getString(0)).toList();
  }

  private static void assertState(
      String state, org.assertj.core.api.ThrowableAssert.ThrowingCallable statement) {
    assertThatThrownBy(statement)
        .isInstanceOfSatisfying(
            PgException.class, e -> assertThat(e.getSqlState()).isEqualTo(state));
  }
}

package dev.zerolite.replication;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.zerolite.config.ReplicationMode;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.Cluster;
import dev.zerolite.pglite.ClusterOptions;
import dev.zerolite.pglite.host.Engine;
import dev.zerolite.pglite.selftest.DecodingSelfTest;
import dev.zerolite.wire.WireConfig;
import dev.zerolite.wire.WireServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Decoding that fails its test while a consumer is there already. */
@Timeout(300)
class AutomaticSwitchTest {
  private static final String CREATE = "CREATE_REPLICATION_SLOT s LOGICAL pgoutput";
  private static final String START =
      "START_REPLICATION SLOT s LOGICAL 0/0 (proto_version '1', publication_names 'p')";

  private final CountDownLatch testMayRun = new CountDownLatch(1);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger =
      (Logger) org.slf4j.LoggerFactory.getLogger("dev.zerolite.replication");

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(log);
  }

  @Test
  void theConsumerIsCutOffAndGoesOnWithTriggers() throws Exception {
    try (Cluster cluster = Cluster.start(Engine.load(), ClusterOptions.inMemory());
        Replication replication =
            new Replication(
                cluster,
                this::failingTest,
                ReplicationMode.AUTO,
                TriggerMark.ofNewCluster(),
                "postgres");
        WireServer wire = WireServer.start(WireConfig.onLoopback(0), replication)) {
      replication.begin("postgres");
      PgServer server = server(wire);
      try (PgConnection sql = PgConnection.open(server)) {
        sql.rows("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t");
        decodeUntilCutOff(server, sql);
        try (PgConnection stream = PgConnection.replication(server)) {
          stream.rows(CREATE); // the former is gone
          sql.rows("INSERT INTO t VALUES (2)");
          stream.send(PgConnection.query(START));
          assertThat(transaction(stream)).containsExactly('B', 'R', 'I', 'C');
          assertThat(sql.value("SELECT string_agg(slot_type, ',') FROM pg_replication_slots"))
              .isEqualTo("physical");
        }
      }
    }
    assertThat(log.list)
        .filteredOn(event -> event.getLevel() == Level.ERROR)
        .singleElement()
        .satisfies(
            event ->
                assertThat(event.getFormattedMessage())
                    .contains("self-test", "Insert", "triggers capture the changes"));
    assertThat(log.list)
        .filteredOn(event -> event.getLevel() == Level.WARN)
        .extracting(ILoggingEvent::getFormattedMessage)
        .anySatisfy(line -> assertThat(line).contains("What is lost", "row filters"))
        .anySatisfy(line -> assertThat(line).contains("dropped the replication slots s"));
  }

  /** What the walsender sends is damaged, as with an engine whose fields lie elsewhere. */
  private Optional<String> failingTest(BackendStarter cluster, String user, String database)
      throws InterruptedException {
    testMayRun.await();
    return DecodingSelfTest.run(new DamagedOutput(cluster, "12.50", "12.51"), user, database);
  }

  private void decodeUntilCutOff(PgServer server, PgConnection sql) throws IOException {
    try (PgConnection stream = PgConnection.replication(server)) {
      stream.rows(CREATE);
      stream.send(PgConnection.query(START));
      sql.rows("INSERT INTO t VALUES (1)");
      assertThat(transaction(stream)).containsExactly('B', 'R', 'I', 'C');
      assertThat(sql.value("SELECT string_agg(slot_type, ',') FROM pg_replication_slots"))
          .isEqualTo("logical");
      testMayRun.countDown();
      assertThat(stream.readToEnd())
          .filteredOn(message -> message.type() == 'E')
          .singleElement()
          .satisfies(error -> assertThat(error.sqlState()).isEqualTo("57P01"));
    }
  }

  /** The types of the messages up to the next Commit. */
  private static List<Character> transaction(PgConnection stream) throws IOException {
    List<Character> types = new ArrayList<>();
    while (true) {
      PgMessage message = stream.read();
      assertThat(message.type()).as(message.describe()).isIn('W', 'd');
      if (message.type() == 'd' && message.body()[0] == 'w') {
        char type = (char) message.body()[25];
        types.add(type);
        if (type == 'C') {
          return types;
        }
      }
    }
  }

  private static PgServer server(WireServer wire) {
    return new PgServer() {
      @Override
      public int port() {
        return wire.port();
      }

      @Override
      public void close() {
        wire.close();
      }
    };
  }
}

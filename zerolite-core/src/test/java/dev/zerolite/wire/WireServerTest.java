package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.zerolite.pglite.Authentication;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.testing.TestCluster;
import dev.zerolite.testing.TestClusterExtension;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server's own part of the protocol, byte by byte, with native PostgreSQL behind it. */
@ExtendWith(TestClusterExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
final class WireServerTest {
  private static final int SSL_REQUEST = 1234 << 16 | 5679;
  private static final int GSSENC_REQUEST = 1234 << 16 | 5680;
  private static final int CANCEL_REQUEST = 1234 << 16 | 5678;

  private final TestCluster postgres;
  private WireServer server;

  WireServerTest(TestCluster postgres) {
    this.postgres = postgres;
  }

  @BeforeAll
  void start() throws IOException {
    server = WireServer.start(config(), postgres.backends());
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void declinesEncryptionThenStartsASession() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.packet(GSSENC_REQUEST));
      assertThat(client.readByte()).isEqualTo('N');
      client.send(RawClient.packet(SSL_REQUEST));
      assertThat(client.readByte()).isEqualTo('N');
      client.login("postgres", "postgres").send(RawClient.query("select 1"));
      assertThat(types(client.readUntil('Z'))).isEqualTo("TDCZ");
    }
  }

  @Test
  void encryptionIsDeclinedHoweverOftenAskedFor() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.packet(SSL_REQUEST), RawClient.packet(SSL_REQUEST));
      assertThat(client.readByte()).isEqualTo('N');
      // the backend, asked for the first time, declines too; then comes no startup packet
      assertThat(client.readByte()).isEqualTo('N');
      client.endOutput();
      assertThat(client.readByte()).isEqualTo(-1);
    }
  }

  @Test
  void backendKeyDataIsThePidThatSqlTells() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(startup("user", "postgres"));
      RawClient.Message key = only('K', client.readUntil('Z'));
      client.send(RawClient.query("select pg_backend_pid()"));
      RawClient.Message row = only('D', client.readUntil('Z'));
      assertThat(new String(row.body(), 6, row.body().length - 6, UTF_8))
          .isEqualTo(Integer.toString(key.firstInt()));
    }
  }

  @Test
  void anyCutOfTheBytesGivesTheSameAnswers() throws IOException {
    byte[] conversation =
        concat(
            startup("user", "postgres", "database", "postgres", "application_name", "cuts"),
            RawClient.query("begin"),
            RawClient.query("select repeat('x', 20000)"),
            RawClient.query("select 1/0"),
            RawClient.query("rollback"),
            RawClient.message('X', new byte[0]));
    String whole = answers(conversation, List.of());
    assertThat(whole).endsWith("ZICZTTDCZTEZECZI");
    for (int seed = 0; seed < 15; seed++) {
      Random random = new Random(seed);
      List<Integer> cuts = random.ints(10, 1, conversation.length).sorted().boxed().toList();
      assertThat(answers(conversation, cuts)).as("cut at %s", cuts).isEqualTo(whole);
    }
    List<Integer> everyByteOfTheStart = IntStream.range(1, 60).boxed().toList();
    assertThat(answers(conversation, everyByteOfTheStart)).isEqualTo(whole);
  }

  @Test
  void newerMinorVersionIsNegotiatedDown() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(
          RawClient.startup(3 << 16 | 9999, "user", "postgres", "_pq_.one", "1", "_pq_.two", "2"));
      RawClient.Message negotiate = client.read();
      assertThat(negotiate.type()).isEqualTo('v');
      ByteBuffer body = ByteBuffer.wrap(negotiate.body());
      assertThat(body.getInt()).isEqualTo(3 << 16 | 2);
      assertThat(body.getInt()).isEqualTo(2);
      assertThat(new String(negotiate.body(), 8, body.remaining(), UTF_8))
          .isEqualTo("_pq_.one\0_pq_.two\0");
      assertThat(types(client.readUntil('Z'))).matches("RS+KS*Z");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4 << 16, 5 << 16 | 1, -1, 1234 << 16 | 5677})
  void otherVersionsAreRefused(int version) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.startup(version, "user", "postgres"));
      assertThat(client.readFatal())
          .containsEntry('C', "0A000")
          .hasEntrySatisfying(
              'M', text -> assertThat(text).startsWith("unsupported frontend protocol"));
    }
  }

  /** PostgreSQL only logs what is wrong: the peer may not speak the protocol at all. */
  @Test
  void whatIsNoStartupPacketIsCutOff() throws IOException {
    List<byte[]> packets =
        List.of(
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8),
            new byte[] {0, 0, 0},
            Arrays.copyOf(startup("user", "postgres"), 20),
            RawClient.packet(new byte[10_001]));
    for (byte[] packet : packets) {
      try (RawClient client = new RawClient(server.port())) {
        client.send(packet).endOutput();
        assertThat(client.readByte()).isEqualTo(-1);
      }
    }
  }

  @Test
  void aProbeThatSaysNothingGetsNothing() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.endOutput();
      assertThat(client.readByte()).isEqualTo(-1);
    }
  }

  @Test
  void passesOnWhyPostgresRefuses() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(startup("user", "postgres", "database", "nowhere"));
      assertThat(client.readFatal())
          .containsEntry('C', "3D000")
          .containsEntry('M', "database \"nowhere\" does not exist");
    }
    try (RawClient client = new RawClient(server.port())) {
      client.send(startup("user", "nobody", "database", "postgres"));
      assertThat(client.readFatal())
          .containsEntry('C', "28000")
          .containsEntry('M', "role \"nobody\" does not exist");
    }
  }

  @Test
  void cancelRequestNeedsTheRightKey() throws IOException {
    try (RawClient client = new RawClient(server.port());
        RawClient other = new RawClient(server.port())) {
      other.login("postgres", "postgres");
      client.send(startup("user", "postgres"));
      ByteBuffer key = ByteBuffer.wrap(only('K', client.readUntil('Z')).body());
      int pid = key.getInt();
      int secret = key.getInt();
      other.send(RawClient.query("select pg_advisory_lock(1)"));
      other.readUntil('Z');
      client.send(RawClient.query("select pg_advisory_lock(1)"));

      cancel(pid, secret + 1);
      cancel(pid + 1_000_000, secret);
      // Neither did anything if the statement is still there to be answered by the lock.
      other.send(RawClient.query("select pg_advisory_unlock(1)"));
      other.readUntil('Z');
      assertThat(types(client.readUntil('Z'))).isEqualTo("TDCZ");

      client.runForever();
      cancel(pid, secret);
      assertThat(client.read().fields()).containsEntry('C', "57014");
      assertThat(client.read().type()).isEqualTo('Z');
    }
  }

  /** The key of protocol 3.2 has 32 bytes; all of them count. */
  @Test
  void aLongCancelKeyHasToBeRightToItsEnd() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.startup(3 << 16 | 2, "user", "postgres"));
      byte[] key = only('K', client.readUntil('Z')).body();
      assertThat(key).hasSize(Integer.BYTES + 32);
      byte[] wrong = key.clone();
      wrong[wrong.length - 1] ^= 1;
      client.runForever();

      cancel(Arrays.copyOf(key, 8));
      cancel(wrong);
      cancel(Arrays.copyOf(key, key.length + 4));
      cancel(Arrays.copyOf(key, 300));
      cancel(Arrays.copyOf(key, Integer.BYTES));
      client.send(RawClient.query("select 'not cancelled by then'"));
      cancel(key);

      assertThat(client.read().fields()).containsEntry('C', "57014");
      assertThat(types(client.readUntil('Z'))).isEqualTo("Z");
      assertThat(types(client.readUntil('Z'))).isEqualTo("TDCZ");
    }
  }

  private void cancel(byte[] pidAndKey) throws IOException {
    byte[] body =
        ByteBuffer.allocate(Integer.BYTES + pidAndKey.length)
            .putInt(CANCEL_REQUEST)
            .put(pidAndKey)
            .array();
    try (RawClient canceler = new RawClient(server.port())) {
      canceler.send(RawClient.packet(body));
      assertThat(canceler.readByte()).isEqualTo(-1);
    }
  }

  @Test
  void theLastPlacesAreKeptForThoseWhoMayRepairThings() throws IOException {
    try (TestCluster few =
            TestCluster.start(
                Authentication.TRUST,
                Map.of(
                    "max_connections", "3",
                    "superuser_reserved_connections", "1",
                    "reserved_connections", "1"));
        WireServer small = WireServer.start(config(), few.backends());
        RawClient superuser = new RawClient(small.port()).login("postgres", "postgres")) {
      superuser.send(
          RawClient.query(
              "create role plain login; create role trusted login in role pg_use_reserved_connections"));
      superuser.readUntil('Z');
      try (RawClient refused = new RawClient(small.port())) {
        refused.send(startup("user", "plain", "database", "postgres"));
        assertThat(refused.readFatal())
            .containsEntry('C', "53300")
            .hasEntrySatisfying('M', text -> assertThat(text).contains("slots are reserved"));
      }
      RawClient trusted = new RawClient(small.port()).login("trusted", "postgres");
      try (RawClient refused = new RawClient(small.port())) {
        refused.send(startup("user", "trusted", "database", "postgres"));
        assertThat(refused.readFatal())
            .containsEntry('C', "53300")
            .hasEntrySatisfying('M', text -> assertThat(text).contains("SUPERUSER"));
      }
      loginWhenPlaceIsFree(small).close();
      trusted.close();
    }
  }

  @Test
  void tooManyClientsAreToldSo() throws IOException {
    try (TestCluster few =
            TestCluster.start(
                Authentication.TRUST,
                Map.of("max_connections", "2", "superuser_reserved_connections", "0"));
        WireServer small = WireServer.start(config(), few.backends())) {
      RawClient first = new RawClient(small.port()).login("postgres", "postgres");
      RawClient second = new RawClient(small.port()).login("postgres", "postgres");
      try (RawClient third = new RawClient(small.port())) {
        third.send(startup("user", "postgres"));
        assertThat(third.readFatal())
            .containsEntry('C', "53300")
            .containsEntry('M', "sorry, too many clients already");
      }
      first.send(RawClient.message('X', new byte[0]));
      assertThat(first.readByte()).isEqualTo(-1);
      first.close();
      loginWhenPlaceIsFree(small).close();
      second.close();
    }
  }

  @Test
  void slowAuthenticationIsCutOff() throws IOException {
    try (TestCluster hasty =
            TestCluster.start(Authentication.PASSWORD, Map.of("authentication_timeout", "1s"));
        WireServer small =
            WireServer.start(
                config().withStartupTimeout(Duration.ofMillis(300)), hasty.backends());
        RawClient silent = new RawClient(small.port());
        RawClient halfway = new RawClient(small.port())) {
      halfway.send(startup("user", "postgres"));
      assertThat(halfway.read().firstInt()).isEqualTo(3);
      assertThat(silent.readByte()).isEqualTo(-1);
      // PostgreSQL only logs that it cancels the authentication
      assertThat(halfway.readByte()).isEqualTo(-1);
    }
  }

  @Test
  void gateHoldsSomeAndRefusesOthers() throws Exception {
    CountDownLatch ready = new CountDownLatch(1);
    CountDownLatch waiting = new CountDownLatch(1);
    ConnectionGate gate =
        startup -> {
          String name = startup.getOrDefault("application_name", "");
          if (name.equals("unwanted")) {
            throw new ConnectionRefusedException("57P03", "not you", "Be someone else.");
          }
          if (!name.equals("hook")) {
            waiting.countDown();
            assertThat(ready.await(20, TimeUnit.SECONDS)).isTrue();
          }
        };
    try (WireServer gated = WireServer.start(config().withGate(gate), postgres.backends());
        RawClient ordinary = new RawClient(gated.port());
        RawClient hook = new RawClient(gated.port());
        RawClient unwanted = new RawClient(gated.port())) {
      ordinary.send(startup("user", "postgres"));
      assertThat(waiting.await(20, TimeUnit.SECONDS)).isTrue();
      hook.send(startup("user", "postgres", "application_name", "hook"));
      hook.readUntil('Z');
      unwanted.send(startup("user", "postgres", "application_name", "unwanted"));
      assertThat(unwanted.readFatal())
          .containsEntry('C', "57P03")
          .containsEntry('M', "not you")
          .containsEntry('H', "Be someone else.");
      ready.countDown();
      ordinary.readUntil('Z');
    }
  }

  @Test
  void stopEndsSessionsAndFreesThePort() throws Exception {
    Set<Thread> before = wireThreads();
    CountDownLatch waiting = new CountDownLatch(1);
    WireServer stopped =
        WireServer.start(
            config()
                .withGate(
                    startup -> {
                      if ("waiter".equals(startup.get("application_name"))) {
                        waiting.countDown();
                      }
                      waitIf(startup, "waiter");
                    }),
            postgres.backends());
    int port = stopped.port();
    try (RawClient idle = new RawClient(port).login("postgres", "postgres");
        RawClient busy = new RawClient(port).login("postgres", "postgres");
        RawClient starting = new RawClient(port);
        RawClient waiter = new RawClient(port)) {
      busy.runForever();
      starting.send(RawClient.packet(SSL_REQUEST));
      assertThat(starting.readByte()).isEqualTo('N');
      waiter.send(startup("user", "postgres", "application_name", "waiter"));
      assertThat(waiting.await(20, TimeUnit.SECONDS)).isTrue();

      long start = System.nanoTime();
      stopped.close();

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
      assertThat(idle.readFatal())
          .containsEntry('C', "57P01")
          .containsEntry('M', "terminating connection due to administrator command");
      assertThat(busy.readFatal()).containsEntry('C', "57P01");
      assertThat(starting.readFatal()).containsEntry('C', "57P03");
      assertThat(waiter.readFatal()).containsEntry('C', "57P03");
      assertThatExceptionOfType(IOException.class).isThrownBy(() -> new RawClient(port));
      assertThat(wireThreads()).isSubsetOf(before);
    }
    WireServer.start(WireConfig.onLoopback(port), postgres.backends()).close();
  }

  @Test
  void stopReturnsThoughAClientDoesNotRead() throws IOException {
    WireServer stopped =
        WireServer.start(config().withStopTimeout(Duration.ofMillis(200)), postgres.backends());
    try (RawClient stuck = new RawClient(stopped.port()).login("postgres", "postgres")) {
      stuck.send(RawClient.query("select repeat('x', 100000) from generate_series(1, 1000)"));
      assertThat(stuck.read().type()).isEqualTo('T');

      long start = System.nanoTime();
      stopped.close();

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
    }
  }

  @Test
  void listensOnBothLoopbackAddresses() throws IOException {
    for (InetAddress address : config().addresses()) {
      new RawClient(address, server.port()).login("postgres", "postgres").close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.2", "0.0.0.0"})
  void listensOnOtherAddressesIfAsked(String listen) throws IOException {
    try (WireServer more =
        WireServer.start(config().withMoreAddresses(List.of(listen)), postgres.backends())) {
      for (String address : List.of("127.0.0.1", "127.0.0.2")) {
        new RawClient(InetAddress.getByName(address), more.port())
            .login("postgres", "postgres")
            .close();
      }
    }
  }

  @Test
  void knowsWhetherAClientWaits() throws IOException {
    try (WireServer watched = WireServer.start(config(), postgres.backends());
        RawClient client = new RawClient(watched.port()).login("postgres", "postgres")) {
      awaitWaiting(watched, false);
      client.runForever();
      awaitWaiting(watched, true);
      assertThat(watched.someoneWaitsLongerThan(Duration.ofMinutes(10))).isFalse();
    }
  }

  private static void awaitWaiting(WireServer server, boolean expected) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (server.someoneWaitsLongerThan(Duration.ZERO) != expected) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void aPortInUseIsNamed() {
    assertThatExceptionOfType(PortInUseException.class)
        .isThrownBy(
            () -> WireServer.start(WireConfig.onLoopback(server.port()), postgres.backends()))
        .withMessageContaining("Port " + server.port() + " on 127.0.0.1 is in use")
        .withMessageContaining("--pg-port")
        .returns(server.port(), PortInUseException::port);
  }

  @Test
  void aStarterThatFailsIsReported() throws IOException {
    BackendStarter broken =
        (startup, output) -> {
          throw new IllegalStateException("out of order");
        };
    try (WireServer failing = WireServer.start(config(), broken);
        RawClient client = new RawClient(failing.port())) {
      client.send(startup("user", "postgres"));
      assertThat(client.readFatal())
          .containsEntry('C', "XX000")
          .hasEntrySatisfying('M', text -> assertThat(text).contains("out of order"));
    }
  }

  private static Set<Thread> wireThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("wire-"))
        .collect(Collectors.toSet());
  }

  /** The place is free once the backend has ended, a moment after its client saw the close. */
  private static RawClient loginWhenPlaceIsFree(WireServer server) throws IOException {
    while (true) {
      RawClient client = new RawClient(server.port());
      client.send(startup("user", "postgres"));
      RawClient.Message first = client.read();
      if (first.type() == 'R') {
        return client;
      }
      assertThat(first.fields()).containsEntry('C', "53300");
      client.close();
    }
  }

  private static void waitIf(Map<String, String> startup, String applicationName)
      throws InterruptedException {
    if (applicationName.equals(startup.get("application_name"))) {
      new CountDownLatch(1).await(60, TimeUnit.SECONDS);
    }
  }

  private void cancel(int pid, int key) throws IOException {
    try (RawClient canceler = new RawClient(server.port())) {
      canceler.send(RawClient.packet(CANCEL_REQUEST, pid, key));
      assertThat(canceler.readByte()).isEqualTo(-1);
    }
  }

  /** The types of all messages until the end, with the status of each ReadyForQuery. */
  private String answers(byte[] conversation, List<Integer> cuts) throws IOException {
    StringBuilder answers = new StringBuilder();
    try (RawClient client = new RawClient(server.port())) {
      int from = 0;
      for (int cut : cuts) {
        client.send(Arrays.copyOfRange(conversation, from, cut));
        from = cut;
      }
      client.send(Arrays.copyOfRange(conversation, from, conversation.length));
      while (true) {
        RawClient.Message message = client.read();
        answers.append(message.type());
        if (message.type() == 'Z') {
          answers.append((char) message.body()[0]);
        }
      }
    } catch (EOFException end) {
      return answers.toString();
    }
  }

  private static WireConfig config() {
    return WireConfig.onLoopback(0);
  }

  private static byte[] startup(String... parameters) {
    return RawClient.startup(RawClient.PROTOCOL_3_0, parameters);
  }

  private static String types(List<RawClient.Message> messages) {
    StringBuilder types = new StringBuilder();
    messages.forEach(message -> types.append(message.type()));
    return types.toString();
  }

  private static RawClient.Message only(char type, List<RawClient.Message> messages) {
    List<RawClient.Message> found =
        messages.stream().filter(message -> message.type() == type).toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}

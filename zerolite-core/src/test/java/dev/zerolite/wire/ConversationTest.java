package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.BackendStartException;
import java.io.IOException;
import java.time.Duration;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Whatever a client says, ours answers as a native PostgreSQL does: types of messages, contents,
 * errors with all their fields, status bytes and command tags. {@link LongConversations} has more.
 */
@PropertyDefaults(shrinking = ShrinkingMode.BOUNDED)
final class ConversationTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static ServerPair servers;
  private static RawClient bystander;
  private static int sessionsAtStart;

  @BeforeContainer
  static void start() throws IOException, BackendStartException, InterruptedException {
    servers = ServerPair.start();
    bystander = new RawClient(servers.port()).login("postgres", "postgres");
    sessionsAtStart = sessions();
  }

  @AfterContainer
  static void stop() throws IOException {
    bystander.close();
    servers.close();
  }

  @Provide
  Arbitrary<Conversation> conversations() {
    return Conversations.conversations();
  }

  @Provide
  Arbitrary<Conversation> hostile() {
    return Conversations.hostile();
  }

  @Provide
  Arbitrary<Conversation> cutShort() {
    return Conversations.cutShort();
  }

  @Provide
  Arbitrary<Conversation> known() {
    return Arbitraries.of(KnownConversations.all());
  }

  @Property(generation = GenerationMode.EXHAUSTIVE)
  void knowsTheProtocol(@ForAll("known") Conversation conversation) throws Exception {
    servers.compare(conversation);
  }

  @Provide
  Arbitrary<byte[]> greetings() {
    return Arbitraries.of(KnownGreetings.all());
  }

  @Property(generation = GenerationMode.EXHAUSTIVE)
  void greetsAsPostgres(@ForAll("greetings") byte[] startup) throws Exception {
    servers.compareGreetings(startup);
  }

  @Property(tries = 30)
  void isAnsweredAsByPostgres(@ForAll("conversations") Conversation conversation) throws Exception {
    servers.compare(conversation);
  }

  @Property(tries = 15)
  void endsAsWithPostgresAndDisturbsNobody(@ForAll("hostile") Conversation conversation)
      throws Exception {
    servers.compare(conversation);
    assertNothingIsLeft();
  }

  @Property(tries = 15)
  void endsWhereTheClientEnds(@ForAll("cutShort") Conversation conversation) throws Exception {
    servers.compare(conversation);
    assertNothingIsLeft();
  }

  @Property(tries = 12)
  void isForgottenWhenTheClientDisappears(@ForAll("cutShort") Conversation conversation)
      throws Exception {
    conversation.abandonedWith(servers.port());
    assertNothingIsLeft();
  }

  /** The other session goes on, and soon sees no trace of this one. */
  private static void assertNothingIsLeft() throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (sessions() != sessionsAtStart || threadsOfClients() > 1) {
      assertThat(System.nanoTime()).as("session or thread left behind").isLessThan(deadline);
    }
  }

  private static int sessions() throws IOException {
    bystander.send(
        RawClient.query(
            "select count(*) from pg_stat_activity where backend_type = 'client backend'"));
    byte[] row = bystander.readUntil('Z').get(1).body();
    return Integer.parseInt(new String(row, 6, row.length - 6, US_ASCII));
  }

  /** Those of the bystander only; a session's threads end right after its process does. */
  private static long threadsOfClients() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("wire-client-"))
        .count();
  }
}

package dev.zerolite.wire;

import dev.zerolite.pglite.BackendStartException;
import java.io.IOException;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** The same as {@link ConversationTest}, for as long as it takes; runs only when it is named. */
final class LongConversations {
  private static ServerPair servers;

  @BeforeContainer
  static void start() throws IOException, BackendStartException, InterruptedException {
    servers = ServerPair.start();
  }

  @AfterContainer
  static void stop() throws IOException {
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

  @Property(tries = 1000)
  void endWhereTheClientEnds(@ForAll("cutShort") Conversation conversation) throws Exception {
    servers.compare(conversation);
  }

  @Property(tries = 3000)
  void areAnsweredAsByPostgres(@ForAll("conversations") Conversation conversation)
      throws Exception {
    servers.compare(conversation);
  }

  @Property(tries = 2000)
  void endAsWithPostgres(@ForAll("hostile") Conversation conversation) throws Exception {
    servers.compare(conversation);
  }
}

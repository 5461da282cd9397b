package dev.zerolite.pglite.regress;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.testing.WireClient;
import dev.zerolite.pglite.testing.WireClient.Message;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** One server as psql talks to it: statements, COPY data, variables, reconnects. */
final class ScriptSession implements AutoCloseable {
  /** How statements are sent. */
  enum Protocol {
    /** Query messages, results as text. */
    SIMPLE,
    /** Parse, Bind, Describe, Execute, Sync; results in binary. */
    EXTENDED
  }

  private static final Duration RECOVERY_TIMEOUT = Duration.ofSeconds(60);

  private final BackendStarter server;
  private final Map<String, String> startup;
  private final Protocol protocol;
  private final Duration statementTimeout;
  private final Variables variables = new Variables();
  private final Map<String, String> parameters = new HashMap<>();
  private WireClient client;

  /**
   * @param statementTimeout after which a statement is cancelled, and after twice of which the
   *     session is given up
   */
  ScriptSession(
      BackendStarter server,
      Map<String, String> startup,
      Protocol protocol,
      Duration statementTimeout) {
    this.server = server;
    this.startup = new HashMap<>(startup);
    this.protocol = protocol;
    this.statementTimeout = statementTimeout;
  }

  Variables variables() {
    return variables;
  }

  /** Runs one statement; {@code copyData} is asked for what to send if the server wants data. */
  Answer execute(String sql, Supplier<String> copyData) throws Exception {
    if (client == null) {
      try {
        client = connect();
      } catch (BackendStartException e) {
        return Answer.ended("no session: " + e.sqlState() + " " + e.getMessage());
      }
    }
    if (protocol == Protocol.EXTENDED) {
      sendExtended(sql);
    } else {
      client.send(sql);
    }
    List<Message> answer = new ArrayList<>();
    long start = System.nanoTime();
    boolean cancelled = false;
    while (true) {
      Message message = client.poll(Duration.ofSeconds(1));
      if (message != null && !isRepeated(message)) {
        answer.add(message);
      }
      if (message instanceof Message.Ready) {
        return Answer.of(answer, protocol == Protocol.EXTENDED);
      } else if (message instanceof Message.Ended) {
        client = null;
        return Answer.of(answer, protocol == Protocol.EXTENDED);
      } else if (message instanceof Message.CopyIn) {
        client.send('d', copyData.get().getBytes(UTF_8));
        client.send('c', new byte[0]);
        if (protocol == Protocol.EXTENDED) {
          client.send('S', new byte[0]); // the first Sync was swallowed by COPY
        }
      }
      long waited = System.nanoTime() - start;
      if (waited > statementTimeout.toNanos() && !cancelled) {
        client.cancel();
        cancelled = true;
      } else if (waited > 2 * statementTimeout.toNanos()) {
        client.close();
        client = null;
        return Answer.ended("no answer within " + statementTimeout.multipliedBy(2));
      }
    }
  }

  /** Whether this only tells again what the session was told before. */
  private boolean isRepeated(Message message) {
    return message instanceof Message.Parameter parameter
        && parameter.value().equals(parameters.put(parameter.name(), parameter.value()));
  }

  private void sendExtended(String sql) throws InterruptedException {
    ByteArrayOutputStream parse = new ByteArrayOutputStream();
    parse.write(0);
    parse.writeBytes(sql.getBytes(UTF_8));
    parse.writeBytes(new byte[] {0, 0, 0});
    client.send('P', parse.toByteArray());
    // unnamed portal and statement, no parameters, one format for all results: binary
    client.send('B', new byte[] {0, 0, 0, 0, 0, 0, 0, 1, 0, 1});
    client.send('D', new byte[] {'P', 0});
    client.send('E', new byte[] {0, 0, 0, 0, 0});
    client.send('S', new byte[0]);
  }

  /** Waits while the server recovers from a crash. */
  private WireClient connect() throws Exception {
    long deadline = System.nanoTime() + RECOVERY_TIMEOUT.toNanos();
    while (true) {
      try {
        parameters.clear();
        WireClient opened = WireClient.open(server, startup);
        parameters.putAll(opened.parameters());
        return opened;
      } catch (BackendStartException e) {
        if (!e.sqlState().equals("57P03") || System.nanoTime() > deadline) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  /** {@code \connect}: a new session, with another database or user if given. */
  void reconnect(Optional<String> database, Optional<String> user) {
    close();
    database.ifPresent(name -> startup.put("database", name));
    user.ifPresent(name -> startup.put("user", name));
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
      try {
        client.awaitEnd(Duration.ofSeconds(20));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      client = null;
    }
  }
}

package dev.zerolite.replication.triggers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.Backend;
import dev.zerolite.pglite.BackendStartException;
import dev.zerolite.pglite.BackendStarter;
import dev.zerolite.pglite.ClientAddress;
import dev.zerolite.pglite.ClientOutput;
import dev.zerolite.replication.triggers.Message.Field;
import dev.zerolite.replication.triggers.ReplicationCommands.Create;
import dev.zerolite.replication.triggers.ReplicationCommands.Snapshot;
import dev.zerolite.replication.triggers.ReplicationGrammar.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection. With {@code replication=database} its backend is an ordinary one, which
 * authenticates the client and runs its SQL; replication commands are answered here. Without, it
 * only passes bytes on.
 */
final class ReplicationSession implements Backend {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicationSession.class);

  /** A stream ends behind the transaction that it is sending. */
  private static final Duration LONGEST_END = Duration.ofHours(1);

  /** How long standby messages are at least behind their first byte. */
  private static final Map<Character, Integer> STANDBY_MESSAGES = Map.of('r', 33, 'h', 24);

  private final TriggerReplication replication;
  private final BackendAnswers answers;
  private Backend backend;

  // of the one thread that receives
  private boolean decided;
  private boolean replicates;
  private MessageSplitter input;
  private String user = "";
  private String database = "";
  private boolean holdsSnapshot;
  private Thread streamThread;

  private volatile ChangeStream stream;

  /** What the consumer has said wrong in the stream, which ends it. */
  private volatile ReplicationException badMessage;

  /** Set before the stream is stopped, so that it ends without a word. */
  private volatile boolean disconnected;

  private ReplicationSession(TriggerReplication replication, ClientOutput output) {
    this.replication = replication;
    this.answers = new BackendAnswers(output, this::announced, this::backendEnded);
  }

  static ReplicationSession connect(
      TriggerReplication replication,
      BackendStarter cluster,
      ClientAddress client,
      ClientOutput output)
      throws BackendStartException {
    ReplicationSession session = new ReplicationSession(replication, output);
    session.backend = cluster.connect(client, session.answers);
    return session;
  }

  @Override
  public int pid() {
    return backend.pid();
  }

  @Override
  public void receive(byte[] bytes, int offset, int length) throws InterruptedException {
    if (!decided) {
      decide(bytes, offset, length);
    } else if (!replicates) {
      backend.receive(bytes, offset, length);
    } else {
      handle(bytes, offset, length);
    }
  }

  /**
   * The first bytes are the client's packet, whole; one that is not is for the backend to judge.
   */
  private void decide(byte[] bytes, int offset, int length) throws InterruptedException {
    decided = true;
    ByteBuffer packet = ByteBuffer.wrap(bytes, offset, length).slice();
    final int header = 8; // length and protocol version
    int size = length < header ? 0 : packet.getInt(0);
    boolean isStartup = size >= header && size <= length && packet.getInt(4) >>> 16 == 3;
    Map<String, String> parameters = isStartup ? parameters(packet, header, size) : Map.of();
    replicates = "database".equals(parameters.get("replication"));
    if (!replicates) {
      backend.receive(bytes, offset, length);
      return;
    }
    user = parameters.getOrDefault("user", "");
    database = parameters.getOrDefault("database", user);
    input = new MessageSplitter(false);
    answers.interpret();
    byte[] rewritten = withoutReplication(packet.getInt(4), parameters);
    backend.receive(rewritten, 0, rewritten.length);
    handle(bytes, offset + size, length - size);
  }

  private static Map<String, String> parameters(ByteBuffer packet, int from, int to) {
    byte[] body = new byte[to - from];
    packet.get(from, body);
    String[] texts = new String(body, UTF_8).split("\0", -1);
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 0; i + 1 < texts.length && !texts[i].isEmpty(); i += 2) {
      parameters.put(texts[i], texts[i + 1]);
    }
    return parameters;
  }

  private static byte[] withoutReplication(int protocol, Map<String, String> parameters) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(ByteBuffer.allocate(4).putInt(protocol).array());
    parameters.forEach(
        (name, value) -> {
          if (!name.equals("replication")) {
            body.writeBytes((name + "\0" + value + "\0").getBytes(UTF_8));
          }
        });
    body.write(0);
    return new Message((char) 0, body.toByteArray()).toBytes();
  }

  private void handle(byte[] bytes, int offset, int length) throws InterruptedException {
    try {
      for (Message message : input.split(bytes, offset, length)) {
        handle(message);
      }
    } catch (IOException e) {
      LOG.debug("Replication connection {} is lost: {}", pid(), e.toString());
      disconnect();
    }
  }

  private void handle(Message message) throws IOException, InterruptedException {
    ChangeStream running = stream;
    if (running != null) {
      handleInStream(running, message);
      return;
    }
    if (message.type() != 'Q' || !ReplicationGrammar.isCommand(message.text())) {
      runSql(message);
      return;
    }
    try {
      Command command = ReplicationGrammar.parse(message.text());
      if (command.keyword().equals("show")) {
        runSql(message);
        return;
      }
      answers.awaitReady();
      if (holdsSnapshot) {
        endSnapshot();
      }
      if (answers.transactionStatus() == 'E') {
        throw new ReplicationException(
            "25P02",
            "current transaction is aborted, commands ignored until end of transaction block");
      }
      execute(command);
    } catch (ReplicationException e) {
      answers.send(Message.error("ERROR", e));
      answers.send(Message.ready(answers.transactionStatus()));
    }
  }

  private void runSql(Message message) throws InterruptedException {
    if (holdsSnapshot && (message.type() == 'Q' || message.type() == 'P')) {
      endSnapshot();
    }
    answers.expect(message.type());
    toBackend(message);
  }

  private void toBackend(Message message) throws InterruptedException {
    byte[] bytes = message.toBytes();
    backend.receive(bytes, 0, bytes.length);
  }

  private List<List<String>> ask(String sql) throws ReplicationException, InterruptedException {
    answers.capture();
    toBackend(Message.query(sql));
    return answers.captured();
  }

  /** The next command ends an exported snapshot (SnapBuildClearExportedSnapshot). */
  private void endSnapshot() throws InterruptedException {
    holdsSnapshot = false;
    try {
      ask("COMMIT");
    } catch (ReplicationException e) {
      LOG.debug("An exported snapshot was gone already: {}", e.getMessage());
    }
  }

  private void execute(Command command)
      throws ReplicationException, IOException, InterruptedException {
    String keyword = command.keyword().toUpperCase(Locale.ROOT);
    if (keyword.equals("START_REPLICATION")) {
      if (!command.logical()) {
        throw ReplicationCommands.unsupported("physical replication");
      }
      start(command);
      return;
    }
    try (ChangeLog log = replication.open(database)) {
      requirePrivilege(log);
      switch (keyword) {
        case "IDENTIFY_SYSTEM" -> {
          answers.send(
              Message.rowDescription(
                  List.of(
                      Field.text("systemid"),
                      Field.int8("timeline"),
                      Field.text("xlogpos"),
                      Field.text("dbname"))));
          answers.send(Message.dataRow(log.identifySystem().toArray(String[]::new)));
        }
        case "CREATE_REPLICATION_SLOT" -> create(log, ReplicationCommands.create(command));
        case "DROP_REPLICATION_SLOT" -> drop(log, command.slot());
        default -> throw ReplicationCommands.unsupported(keyword);
      }
    }
    answers.send(Message.commandComplete(keyword));
    answers.send(Message.ready(holdsSnapshot ? 'I' : answers.transactionStatus()));
  }

  private void requirePrivilege(ChangeLog log) throws ReplicationException, InterruptedException {
    if (!log.mayReplicate(user)) {
      throw new ReplicationException("42501", "permission denied to use replication slots");
    }
  }

  private void create(ChangeLog log, Create command)
      throws ReplicationException, IOException, InterruptedException {
    boolean inTransaction = answers.transactionStatus() != 'I';
    if (inTransaction == (command.snapshot() != Snapshot.USE)) {
      throw new ReplicationException(
          "0A000",
          "CREATE_REPLICATION_SLOT ... (SNAPSHOT '%s') must %sbe called inside a transaction"
              .formatted(inTransaction ? "export" : "use", inTransaction ? "not " : ""));
    }
    log.install();
    long position = log.reserve(command.slot());
    try {
      String name = null;
      if (command.snapshot() == Snapshot.EXPORT) {
        ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        holdsSnapshot = true;
        name = ask("SELECT pg_export_snapshot()").get(0).get(0);
      }
      String seen = ask("SELECT pg_current_snapshot()").get(0).get(0);
      log.beginBehind(command.slot(), seen, position);
      answers.send(
          Message.rowDescription(
              "slot_name", "consistent_point", "snapshot_name", "output_plugin"));
      answers.send(Message.dataRow(command.slot(), Lsn.format(position), name, "pgoutput"));
    } catch (ReplicationException e) {
      if (holdsSnapshot) {
        endSnapshot();
      }
      log.drop(command.slot());
      throw e;
    }
  }

  private void drop(ChangeLog log, String slot) throws ReplicationException, InterruptedException {
    if (replication.isActive(database, slot)) {
      throw new ReplicationException("55006", "replication slot \"%s\" is active".formatted(slot));
    }
    log.drop(slot);
  }

  private void start(Command requested)
      throws ReplicationException, IOException, InterruptedException {
    ChangeLog log = replication.open(database);
    boolean taken = false;
    try {
      requirePrivilege(log);
      log.confirmed(requested.slot());
      StartReplication command = parameters(requested);
      Duration timeout =
          Duration.ofMillis(
              Long.parseLong(
                  ask("SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'")
                      .get(0)
                      .get(0)));
      replication.take(database, command.slot(), this);
      taken = true;
      ask("LISTEN zerolite_replication");
      badMessage = null;
      ChangeStream started = new ChangeStream(log, command, timeout, answers::send);
      // CopyBothResponse: text, no columns
      answers.send(new Message('W', new byte[3]));
      stream = started;
      streamThread =
          new Thread(() -> stream(started, log, command.slot()), "zerolite-stream-" + pid());
      streamThread.setDaemon(true);
      streamThread.start();
    } catch (ReplicationException | IOException | InterruptedException | RuntimeException e) {
      if (taken) {
        replication.release(database, requested.slot(), this);
      }
      log.close();
      throw e;
    }
  }

  private static StartReplication parameters(Command command) throws ReplicationException {
    try {
      return ReplicationCommands.start(command);
    } catch (ReplicationException e) {
      throw e.in(
          "slot \"%s\", output plugin \"pgoutput\", in the startup callback"
              .formatted(command.slot()));
    }
  }

  /** On the stream's own thread. */
  private void stream(ChangeStream started, ChangeLog log, String slot) {
    try {
      if (hasEnded()) {
        return;
      }
      started.run();
      if (!hasEnded()) {
        stream = null;
        ReplicationException failure = badMessage;
        if (failure == null) {
          answers.send(new Message('c', new byte[0]));
          answers.send(Message.commandComplete("COPY 0"));
          answers.send(Message.commandComplete("START_REPLICATION"));
        } else {
          answers.send(Message.error("ERROR", failure));
        }
        answers.send(Message.ready('I'));
      }
    } catch (ReplicationException e) {
      LOG.warn("The replication stream of slot {} ends: {}", slot, e.getMessage());
      fail(e);
    } catch (IOException e) {
      LOG.debug("The consumer of slot {} is gone: {}", slot, e.toString());
      disconnect();
    } catch (InterruptedException e) {
      disconnect();
    } catch (RuntimeException e) {
      LOG.error("The replication stream of slot {} failed; please report this", slot, e);
      fail(new ReplicationException("XX000", "internal error: " + e));
    } finally {
      replication.release(database, slot, this);
      log.close();
    }
  }

  private void fail(ReplicationException e) {
    try {
      answers.send(Message.error("FATAL", e));
    } catch (IOException gone) {
      LOG.debug("The consumer was gone before it was told: {}", gone.toString());
    }
    disconnect();
  }

  /** CopyData of a standby: "Streaming Replication Protocol" in PostgreSQL's manual. */
  private void handleInStream(ChangeStream running, Message message)
      throws IOException, InterruptedException {
    switch (message.type()) {
      case 'd' -> {
        ByteBuffer body = ByteBuffer.wrap(message.body());
        char kind = body.hasRemaining() ? (char) body.get() : 0;
        int wanted = STANDBY_MESSAGES.getOrDefault(kind, 0);
        if (message.body().length == 0) {
          endStream(running, "no data left in message");
        } else if (wanted == 0) {
          LOG.warn("A consumer's message is of no known kind: {}", kind);
          disconnect(); // without a word, as ProcessStandbyMessage() does
        } else if (body.remaining() < wanted) {
          // the byte at the end of a status update is read by itself
          boolean lacksByte = kind == 'r' && body.remaining() == wanted - 1;
          endStream(running, (lacksByte ? "no" : "insufficient") + " data left in message");
        } else if (kind == 'r') {
          running.heard(body.getLong(9), body.get(33) != 0);
        }
      }
      case 'c' -> endStream(running);
      case 'X' -> disconnect();
      case 'H', 'S' -> {
        // Flush and Sync mean nothing while a copy is going on
      }
      default ->
          fail(
              new ReplicationException(
                  "08P01", "invalid standby message type \"%s\"".formatted(message.type())));
    }
  }

  /** An error that does not end the connection. */
  private void endStream(ChangeStream running, String problem) throws InterruptedException {
    badMessage = new ReplicationException("08P01", problem);
    endStream(running);
  }

  /** What the consumer says next is not for the stream any more, so it waits for the end. */
  private void endStream(ChangeStream running) throws InterruptedException {
    running.stop();
    streamThread.join(LONGEST_END.toMillis());
  }

  private void announced() {
    ChangeStream running = stream;
    if (running != null) {
      running.announce();
    }
  }

  private boolean hasEnded() {
    return disconnected || answers.hasEnded();
  }

  private void backendEnded() {
    ChangeStream running = stream;
    if (running != null) {
      running.stop();
    }
  }

  @Override
  public void disconnect() {
    disconnected = true;
    backendEnded();
    backend.disconnect();
  }

  @Override
  public void cancel() {
    backend.cancel();
  }

  @Override
  public void terminate() {
    backend.terminate();
  }

  @Override
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return backend.awaitEnd(timeout);
  }
}

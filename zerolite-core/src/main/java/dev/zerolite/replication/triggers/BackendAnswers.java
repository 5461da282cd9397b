package dev.zerolite.replication.triggers;

import dev.zerolite.pglite.ClientOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a replication connection's backend says: passed on to the client, or kept for whoever asked
 * in the client's name. Several threads send; each message goes out whole.
 */
final class BackendAnswers implements ClientOutput {
  /** For a backend's answer, such as a copy's in the statement before. */
  private static final long LONGEST_ANSWER_SECONDS = 3600;

  /** For a last word, when a stream's thread is stuck with a client that does not read. */
  private static final long LAST_WORD_SECONDS = 5;

  private final ClientOutput client;
  private final Runnable announced;
  private final Runnable ended;

  private final ReentrantLock sending = new ReentrantLock();
  private final ReentrantLock mutex = new ReentrantLock();
  private final Condition changed = mutex.newCondition();

  private volatile MessageSplitter splitter;

  // guarded by mutex
  private List<Message> kept;
  private int expected = 1; // ReadyForQuery after the login
  private char transactionStatus = 'I';
  private boolean over;

  /**
   * @param announced runs when a notification arrives
   * @param ended runs when the backend has ended
   */
  BackendAnswers(ClientOutput client, Runnable announced, Runnable ended) {
    this.client = client;
    this.announced = announced;
    this.ended = ended;
  }

  /** From now on messages are looked at; before the backend has said anything. */
  void interpret() {
    splitter = new MessageSplitter(false);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (splitter == null) {
      client.write(bytes, offset, length);
      return;
    }
    List<Message> pass = new ArrayList<>();
    mutex.lock();
    try {
      for (Message message : splitter.split(bytes, offset, length)) {
        if (message.type() == 'A' && isOurs(message)) {
          announced.run();
          continue;
        }
        if (message.type() == 'Z') {
          expected--;
          transactionStatus = (char) message.body()[0];
        }
        if (kept == null) {
          pass.add(message);
        } else {
          kept.add(message);
        }
        changed.signalAll();
      }
    } finally {
      mutex.unlock();
    }
    for (Message message : pass) {
      sendFromBackend(message);
    }
  }

  private static boolean isOurs(Message notification) {
    byte[] body = notification.body();
    return new String(body, 4, Math.max(0, body.length - 4), StandardCharsets.UTF_8)
        .startsWith("zerolite_replication\0");
  }

  private void sendFromBackend(Message message) throws IOException {
    try {
      if (!sending.tryLock(LAST_WORD_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted");
    }
    try {
      byte[] bytes = message.toBytes();
      client.write(bytes, 0, bytes.length);
    } finally {
      sending.unlock();
    }
  }

  void send(Message message) throws IOException {
    byte[] bytes = message.toBytes();
    sending.lock();
    try {
      client.write(bytes, 0, bytes.length);
    } finally {
      sending.unlock();
    }
  }

  @Override
  public void end() {
    mutex.lock();
    try {
      over = true;
      changed.signalAll();
    } finally {
      mutex.unlock();
    }
    ended.run();
    client.end();
  }

  boolean hasEnded() {
    mutex.lock();
    try {
      return over;
    } finally {
      mutex.unlock();
    }
  }

  char transactionStatus() {
    mutex.lock();
    try {
      return transactionStatus;
    } finally {
      mutex.unlock();
    }
  }

  /** Counts the answers to come: Query, Sync and FunctionCall end with ReadyForQuery. */
  void expect(char type) {
    if (type == 'Q' || type == 'S' || type == 'F') {
      mutex.lock();
      try {
        expected++;
      } finally {
        mutex.unlock();
      }
    }
  }

  /** Waits until the backend has answered everything. */
  void awaitReady() throws ReplicationException, InterruptedException {
    long left = TimeUnit.SECONDS.toNanos(LONGEST_ANSWER_SECONDS);
    mutex.lock();
    try {
      while (expected > 0) {
        if (over || left <= 0) {
          throw new ReplicationException("57P01", "the session has ended");
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      mutex.unlock();
    }
  }

  /** The next answer is not for the client. */
  void capture() throws ReplicationException, InterruptedException {
    awaitReady();
    mutex.lock();
    try {
      kept = new ArrayList<>();
      expected++;
    } finally {
      mutex.unlock();
    }
  }

  /** Its rows. */
  List<List<String>> captured() throws ReplicationException, InterruptedException {
    List<Message> messages;
    try {
      awaitReady();
    } finally {
      mutex.lock();
      try {
        messages = kept;
        kept = null;
      } finally {
        mutex.unlock();
      }
    }
    List<List<String>> rows = new ArrayList<>();
    for (Message message : messages) {
      if (message.type() == 'E') {
        throw error(message);
      }
      if (message.type() == 'D') {
        rows.add(row(ByteBuffer.wrap(message.body())));
      }
    }
    return rows;
  }

  private static ReplicationException error(Message message) {
    String sqlState = "XX000";
    String text = "";
    for (String field : new String(message.body(), StandardCharsets.UTF_8).split("\0")) {
      if (field.startsWith("C")) {
        sqlState = field.substring(1);
      } else if (field.startsWith("M")) {
        text = field.substring(1);
      }
    }
    return new ReplicationException(sqlState, text);
  }

  private static List<String> row(ByteBuffer body) {
    List<String> values = new ArrayList<>();
    int count = body.getShort();
    for (int i = 0; i < count; i++) {
      int length = body.getInt();
      byte[] value = new byte[Math.max(0, length)];
      body.get(value);
      values.add(length < 0 ? null : new String(value, StandardCharsets.UTF_8));
    }
    return values;
  }
}

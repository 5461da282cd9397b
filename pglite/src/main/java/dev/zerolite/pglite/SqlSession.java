package dev.zerolite.pglite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A session inside this JVM: SQL in, rows of text out. Used by one thread at a time. */
public final class SqlSession implements AutoCloseable {
  private final ReentrantLock mutex = new ReentrantLock();
  private final Condition arrived = mutex.newCondition();
  private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
  private Backend backend;

  private SqlSession() {}

  /**
   * Logs in, without a password.
   *
   * @param startup as for {@link BackendStarter#start}
   */
  public static SqlSession open(BackendStarter cluster, Map<String, String> startup)
      throws BackendStartException, InterruptedException {
    SqlSession session = new SqlSession();
    session.backend = cluster.start(startup, session::collect);
    try {
      session.awaitReady(Duration.ofSeconds(60));
    } catch (IllegalStateException e) {
      BackendMessages.throwFirstError(session.answer.toByteArray());
      throw new BackendStartException("08006", e.getMessage()); // connection_failure
    }
    return session;
  }

  private void collect(byte[] bytes, int offset, int length) {
    mutex.lock();
    try {
      answer.write(bytes, offset, length);
      arrived.signal();
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Runs one simple query.
   *
   * @return the rows, columns as text, null for NULL
   * @throws SqlException if PostgreSQL answers with an error
   */
  public List<List<String>> query(String sql) throws SqlException, InterruptedException {
    byte[] message = FrontendMessages.query(sql);
    backend.receive(message, 0, message.length);
    byte[] messages = awaitReady(Duration.ofMinutes(10));
    List<List<String>> rows = new ArrayList<>();
    List<BackendMessages.ErrorFields> errors = new ArrayList<>();
    BackendMessages.forEach(
        messages,
        (type, body) -> {
          if (type == 'D') {
            rows.add(row(body));
          } else if (type == 'E') {
            errors.add(BackendMessages.ErrorFields.parse(body));
          }
        });
    if (!errors.isEmpty()) {
      throw new SqlException(errors.get(0).sqlState(), errors.get(0).message());
    }
    return rows;
  }

  static List<String> row(ByteBuffer body) {
    List<String> columns = new ArrayList<>();
    int count = body.getShort();
    for (int i = 0; i < count; i++) {
      int length = body.getInt();
      if (length < 0) {
        columns.add(null);
      } else {
        byte[] text = new byte[length];
        body.get(text);
        columns.add(new String(text, UTF_8));
      }
    }
    return columns;
  }

  /** Waits for ReadyForQuery, the last message of every answer, and takes the answer. */
  private byte[] awaitReady(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    mutex.lock();
    try {
      while (true) {
        byte[] bytes = answer.toByteArray();
        int last = bytes.length - 6;
        if (last >= 0 && bytes[last] == 'Z' && bytes[last + 4] == 5) {
          answer.reset();
          return bytes;
        }
        if (backend != null && backend.awaitEnd(Duration.ZERO)) {
          throw new IllegalStateException("the session has ended");
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new IllegalStateException("no answer within " + timeout.toSeconds() + " s");
        }
        arrived.awaitNanos(Math.min(left, Duration.ofSeconds(1).toNanos()));
      }
    } finally {
      mutex.unlock();
    }
  }

  Backend backend() {
    return backend;
  }

  @Override
  public void close() {
    backend.disconnect();
  }

  /** An ErrorResponse as an exception. */
  public static final class SqlException extends Exception {
    private final String sqlState;

    SqlException(String sqlState, String message) {
      super(message);
      this.sqlState = sqlState;
    }

    public String sqlState() {
      return sqlState;
    }
  }
}

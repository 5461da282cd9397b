package dev.zerolite.bench;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/** Reads a replication stream on a thread of its own and keeps how old each row was. */
final class ReplicationConsumer implements AutoCloseable {
  /** The time from which PostgreSQL counts (POSTGRES_EPOCH_JDATE, datatype/timestamp.h). */
  private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

  /**
   * How long ago a row was sent to the server and how long ago its transaction was committed, by
   * the server's own word, when it came; in nanoseconds.
   */
  record Age(long sinceSent, long sinceCommit) {}

  private final Endpoint endpoint;
  private final Connection connection;
  private final PGReplicationStream stream;
  private final Thread thread = new Thread(this::read, "bench-consumer");
  private List<Age> ages = new ArrayList<>(); // guarded by this
  private long begun;
  private Instant committedAt;
  private long rows;
  private double bestRate; // guarded by this
  private long largest; // guarded by this
  private SQLException end; // guarded by this
  private volatile long lastMessage = System.nanoTime();

  private ReplicationConsumer(
      Endpoint endpoint, Connection connection, PGReplicationStream stream) {
    this.endpoint = endpoint;
    this.connection = connection;
    this.stream = stream;
  }

  static ReplicationConsumer start(Endpoint endpoint) throws SQLException {
    var connection = endpoint.replicate();
    var replication = connection.unwrap(PGConnection.class).getReplicationAPI();
    var slot =
        replication
            .createReplicationSlot()
            .logical()
            .withSlotName("bench")
            .withOutputPlugin("pgoutput")
            .withTemporaryOption()
            .make();
    var stream =
        replication
            .replicationStream()
            .logical()
            .withSlotName("bench")
            .withStartPosition(slot.getConsistentPoint())
            .withSlotOption("proto_version", "1")
            .withSlotOption("publication_names", "bench")
            .start();
    var consumer = new ReplicationConsumer(endpoint, connection, stream);
    consumer.thread.setDaemon(true);
    consumer.thread.start();
    return consumer;
  }

  private void read() {
    try {
      while (true) {
        var message = stream.read();
        long now = System.nanoTime();
        switch (message.get(message.position())) {
          case 'B' -> {
            begun = now;
            committedAt = committedAt(message);
            rows = 0;
          }
          case 'I' -> received(message, now);
          case 'C' -> committed(now);
          default -> {}
        }
        lastMessage = now;
        stream.setAppliedLSN(stream.getLastReceiveLSN());
        stream.setFlushedLSN(stream.getLastReceiveLSN());
      }
    } catch (SQLException e) {
      ended(e);
    }
  }

  private synchronized void ended(SQLException e) {
    end = e;
    notifyAll();
  }

  private void received(ByteBuffer message, long now) {
    long sent = ReplicationBench.sent(message);
    if (sent > 0) {
      synchronized (this) {
        long sinceCommit = committedAt.until(Instant.now(), ChronoUnit.NANOS);
        ages.add(new Age(now - sent, sinceCommit));
      }
    }
    rows++;
  }

  /** Behind a Begin message's type and position, in microseconds. */
  private static Instant committedAt(ByteBuffer begin) {
    return EPOCH.plus(begin.getLong(begin.position() + 1 + 8), ChronoUnit.MICROS);
  }

  private synchronized void committed(long now) {
    largest = Math.max(largest, rows);
    notifyAll();
    if (rows >= ReplicationBench.BULK_ROWS) {
      bestRate = Math.max(bestRate, rows / ((now - begun) / 1e9));
    }
  }

  /** Rows per second within a big transaction, from its Begin to its Commit. */
  synchronized double bestRate() {
    return bestRate;
  }

  /** Waits for the end of a transaction of that many rows. */
  synchronized void awaitTransaction(long count) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    while (largest < count) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the large transaction has not come within 5 minutes");
      }
      if (end != null) {
        throw new IllegalStateException("the stream has ended: " + end.getMessage(), end);
      }
      wait(1000);
    }
  }

  /** Waits until nothing has come for a while. */
  void awaitQuiet() throws InterruptedException {
    while (System.nanoTime() - lastMessage < TimeUnit.MILLISECONDS.toNanos(700)) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  synchronized List<Age> take() {
    var taken = ages;
    ages = new ArrayList<>();
    return taken;
  }

  /** The next one's slot has the same name, so this one's must be gone. */
  @Override
  public void close() throws SQLException {
    connection.close(); // which ends the thread
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    try (var observer = endpoint.connect();
        var slot =
            observer.prepareStatement(
                "select from pg_replication_slots where slot_name = 'bench'")) {
      while (slot.executeQuery().next()) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("the consumer's slot is not dropped within a minute");
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }
}

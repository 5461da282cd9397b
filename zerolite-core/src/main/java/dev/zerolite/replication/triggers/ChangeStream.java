package dev.zerolite.replication.triggers;

import dev.zerolite.replication.triggers.ChangeLog.Change;
import dev.zerolite.replication.triggers.ChangeLog.Transaction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What START_REPLICATION starts: sends what is committed as it is announced, until it is stopped or
 * its consumer has not been heard of for wal_sender_timeout. Runs on a thread of its own.
 */
final class ChangeStream {
  private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

  /** How far positions are apart at least: MAXALIGN, as in the WAL. */
  private static final long STEP = 8;

  /** A confirmation costs a commit, so not each one is kept; what was sent may come again. */
  private static final Duration CONFIRM_EVERY = Duration.ofSeconds(10);

  /** Where messages go. */
  @FunctionalInterface
  interface Sink {
    void send(Message message) throws IOException;
  }

  private final ChangeLog log;
  private final ChangeEncoder encoder;
  private final StartReplication command;
  private final Duration timeout;
  private final Sink sink;
  private final Map<Integer, TableDescription> descriptions = new HashMap<>();

  private final ReentrantLock mutex = new ReentrantLock();
  private final Condition news = mutex.newCondition();
  // guarded by mutex
  private boolean announced = true;
  private boolean stopped;
  private boolean replyRequested;
  private long flushed;
  private long heardAt = System.nanoTime();

  private long sentUpTo;
  private long kept;
  private long keptAt = System.nanoTime();
  private long askedAt;

  /**
   * @param timeout wal_sender_timeout; zero for none
   */
  ChangeStream(ChangeLog log, StartReplication command, Duration timeout, Sink sink) {
    this.log = log;
    this.encoder = new ChangeEncoder(command.publications());
    this.command = command;
    this.timeout = timeout;
    this.sink = sink;
  }

  /** Somebody has committed changes. */
  void announce() {
    locked(() -> announced = true);
  }

  /** Ends the stream after the transaction that is being sent. */
  void stop() {
    locked(() -> stopped = true);
  }

  /** A standby status update's position and whether it wants an answer. */
  void heard(long flushLsn, boolean reply) {
    locked(
        () -> {
          flushed = Math.max(flushed, flushLsn);
          replyRequested |= reply;
          heardAt = System.nanoTime();
        });
  }

  private void locked(Runnable change) {
    mutex.lock();
    try {
      change.run();
      news.signalAll();
    } finally {
      mutex.unlock();
    }
  }

  /** Returns when it was stopped. */
  void run() throws ReplicationException, IOException, InterruptedException {
    long next = Math.max(command.from(), log.confirmed(command.slot()));
    sentUpTo = next;
    kept = next;
    while (awaitNews()) {
      long upTo = log.assignPositions();
      List<Transaction> transactions = log.transactions(command.slot(), next);
      while (!transactions.isEmpty() && !isStopped()) {
        Map<Long, List<Change>> first = log.firstChanges(transactions);
        for (Transaction transaction : transactions) {
          send(transaction, first.getOrDefault(transaction.xid(), List.of()));
          next = transaction.lsn() + 1;
        }
        transactions = log.transactions(command.slot(), next);
      }
      sentUpTo = Math.max(sentUpTo, upTo);
    }
    confirm();
  }

  /**
   * @return false if it has been stopped
   */
  private boolean awaitNews() throws ReplicationException, IOException, InterruptedException {
    while (true) {
      boolean reply;
      mutex.lock();
      try {
        if (stopped) {
          return false;
        }
        if (announced) {
          announced = false;
          return true;
        }
        reply = replyRequested;
        replyRequested = false;
      } finally {
        mutex.unlock();
      }
      long wait = keepInTouch(reply);
      mutex.lock();
      try {
        if (!stopped && !announced && !replyRequested) {
          news.awaitNanos(wait);
        }
      } finally {
        mutex.unlock();
      }
    }
  }

  /** As WalSndKeepaliveIfNecessary() and WalSndCheckTimeOut(): how long there is nothing to do. */
  private long keepInTouch(boolean reply)
      throws ReplicationException, IOException, InterruptedException {
    long now = System.nanoTime();
    if (reply) {
      keepalive(false);
    }
    long confirmation = CONFIRM_EVERY.toNanos() - (now - keptAt);
    if (confirmation <= 0) {
      confirm();
      confirmation = CONFIRM_EVERY.toNanos();
    }
    if (timeout.isZero()) {
      return confirmation;
    }
    long since = now - heardAt();
    if (since >= timeout.toNanos()) {
      throw new ReplicationException(
          "57P01", "terminating walsender process due to replication timeout");
    }
    long half = timeout.toNanos() / 2;
    if (since >= half && now - askedAt >= half) {
      askedAt = now;
      keepalive(true);
    }
    return Math.min(
        confirmation, Math.max(1, since >= half ? timeout.toNanos() - since : half - since));
  }

  private long heardAt() {
    mutex.lock();
    try {
      return heardAt;
    } finally {
      mutex.unlock();
    }
  }

  private boolean isStopped() {
    mutex.lock();
    try {
      return stopped;
    } finally {
      mutex.unlock();
    }
  }

  private void confirm() throws ReplicationException, InterruptedException {
    long position;
    mutex.lock();
    try {
      position = Math.min(flushed, sentUpTo);
    } finally {
      mutex.unlock();
    }
    keptAt = System.nanoTime();
    if (position > kept) {
      log.confirm(command.slot(), position);
      log.cleanUp();
      kept = position;
    }
  }

  private void send(Transaction transaction, List<Change> first)
      throws ReplicationException, IOException, InterruptedException {
    long lsn = transaction.lsn();
    if (transaction.hasMessages() && command.messages()) {
      for (Change change : log.messages(transaction.xid())) {
        data(lsn, encoder.message(change, lsn));
      }
    }
    boolean begun = false;
    List<Change> changes = first;
    boolean more = ChangeLog.isFull(first);
    while (!changes.isEmpty()) {
      for (Change change : changes) {
        for (byte[] message : encode(change, lsn)) {
          if (!begun) {
            begun = true;
            data(lsn, encoder.begin(transaction));
          }
          data(lsn, message);
        }
      }
      long last = changes.get(changes.size() - 1).sequence();
      changes = more ? log.changes(transaction.xid(), last) : List.of();
    }
    if (begun) {
      data(lsn + STEP, encoder.commit(transaction, lsn + STEP));
    }
    sentUpTo = lsn + STEP;
  }

  private List<byte[]> encode(Change change, long lsn)
      throws ReplicationException, InterruptedException {
    if (change.kind() == 'M') {
      return command.messages() ? List.of(encoder.message(change, lsn)) : List.of();
    }
    TableDescription table = descriptions.get(change.relation());
    if (table == null) {
      table = log.description(change.relation());
      descriptions.put(change.relation(), table);
    }
    return encoder.change(change, table);
  }

  /** XLogData ("Streaming Replication Protocol" in PostgreSQL's manual). */
  private void data(long lsn, byte[] message) throws IOException {
    ByteBuffer body = ByteBuffer.allocate(25 + message.length);
    body.put((byte) 'w').putLong(lsn).putLong(lsn).putLong(now()).put(message);
    sink.send(new Message('d', body.array()));
  }

  private void keepalive(boolean replyPlease) throws IOException {
    ByteBuffer body = ByteBuffer.allocate(18);
    body.put((byte) 'k').putLong(sentUpTo).putLong(now()).put((byte) (replyPlease ? 1 : 0));
    sink.send(new Message('d', body.array()));
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMicros(Duration.between(EPOCH, Instant.now()).toNanos());
  }
}

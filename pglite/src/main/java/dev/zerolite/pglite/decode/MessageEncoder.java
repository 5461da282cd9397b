package dev.zerolite.pglite.decode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Builds one message of the logical streaming replication protocol at a time ("Logical Replication
 * Message Formats" in PostgreSQL's manual; the layouts are those of proto.c). Strings come as
 * bytes.
 *
 * <p>{@code streamXid} is 0 outside of streamed transactions; then it is not written.
 */
public final class MessageEncoder {
  private static final int TRUNCATE_CASCADE = 1;
  private static final int TRUNCATE_RESTART_SEQUENCES = 2;
  private static final byte[] DECIMAL_MINIMUM = ascii(Long.toString(Long.MIN_VALUE));

  private byte[] bytes = new byte[1 << 12];
  private int size;

  /** The bytes so far, valid up to {@link #size()} and until the next call. */
  byte[] array() {
    return bytes;
  }

  int size() {
    return size;
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Drops what has been written, so that the next message can start. */
  public void reset() {
    size = 0;
    if (bytes.length > 1 << 22) {
      bytes = new byte[1 << 16]; // one huge row shall not pin its size for the process's life
    }
  }

  // ---- transactions ----

  public void begin(long finalLsn, long commitTime, int xid) {
    start('B');
    int64(finalLsn);
    int64(commitTime);
    int32(xid);
  }

  public void commit(long commitLsn, long endLsn, long commitTime) {
    start('C');
    int8(0);
    int64(commitLsn);
    int64(endLsn);
    int64(commitTime);
  }

  void beginPrepare(long prepareLsn, long endLsn, long prepareTime, int xid, byte[] gid) {
    start('b');
    int64(prepareLsn);
    int64(endLsn);
    int64(prepareTime);
    int32(xid);
    string(gid);
  }

  /** 'P' prepare, 'p' stream prepare, 'K' commit prepared: all of one form. */
  void prepared(char type, long lsn, long endLsn, long time, int xid, byte[] gid) {
    start(type);
    int8(0);
    int64(lsn);
    int64(endLsn);
    int64(time);
    int32(xid);
    string(gid);
  }

  void rollbackPrepared(
      long prepareEndLsn,
      long rollbackEndLsn,
      long prepareTime,
      long rollbackTime,
      int xid,
      byte[] gid) {
    start('r');
    int8(0);
    int64(prepareEndLsn);
    int64(rollbackEndLsn);
    int64(prepareTime);
    int64(rollbackTime);
    int32(xid);
    string(gid);
  }

  void origin(long commitLsn, byte[] name) {
    start('O');
    int64(commitLsn);
    string(name);
  }

  public void message(
      int streamXid,
      boolean transactional,
      long lsn,
      byte[] prefix,
      byte[] content,
      int from,
      int length) {
    start('M', streamXid);
    int8(transactional ? 1 : 0);
    int64(lsn);
    string(prefix);
    int32(length);
    raw(content, from, length);
  }

  // ---- streamed transactions ----

  void streamStart(int xid, boolean firstSegment) {
    start('S');
    int32(xid);
    int8(firstSegment ? 1 : 0);
  }

  void streamStop() {
    start('E');
  }

  void streamCommit(int xid, long commitLsn, long endLsn, long commitTime) {
    start('c');
    int32(xid);
    int8(0);
    int64(commitLsn);
    int64(endLsn);
    int64(commitTime);
  }

  void streamAbort(int xid, int subtransaction) {
    start('A');
    int32(xid);
    int32(subtransaction);
  }

  /** What protocol version 4 adds to {@link #streamAbort}. */
  void abortInformation(long lsn, long time) {
    int64(lsn);
    int64(time);
  }

  // ---- relations and types ----

  /** To be followed by {@code columns} calls of {@link #relationColumn}. */
  public void relation(
      int streamXid, int oid, byte[] namespace, byte[] name, char replicaIdentity, int columns) {
    start('R', streamXid);
    int32(oid);
    string(namespace);
    string(name);
    int8(replicaIdentity);
    int16(columns);
  }

  public void relationColumn(boolean key, byte[] name, int type, int typmod) {
    int8(key ? 1 : 0);
    string(name);
    int32(type);
    int32(typmod);
  }

  void type(int streamXid, int oid, byte[] namespace, byte[] name) {
    start('Y', streamXid);
    int32(oid);
    string(namespace);
    string(name);
  }

  public void truncate(int streamXid, boolean cascade, boolean restartSequences, int[] relations) {
    start('T', streamXid);
    int32(relations.length);
    int8((cascade ? TRUNCATE_CASCADE : 0) | (restartSequences ? TRUNCATE_RESTART_SEQUENCES : 0));
    for (int relation : relations) {
      int32(relation);
    }
  }

  // ---- rows: 'I', 'U' or 'D', then tuples ----

  public void insert(int streamXid, int relation) {
    start('I', streamXid);
    int32(relation);
  }

  public void update(int streamXid, int relation) {
    start('U', streamXid);
    int32(relation);
  }

  public void delete(int streamXid, int relation) {
    start('D', streamXid);
    int32(relation);
  }

  /**
   * Begins a tuple; one call per column follows.
   *
   * @param kind 'N' new row, 'O' old row, 'K' old key
   */
  public void tuple(char kind, int columns) {
    int8(kind);
    int16(columns);
  }

  public void nullColumn() {
    int8('n');
  }

  /** A TOASTed value that the update left alone and that the WAL does not hold. */
  void unchangedColumn() {
    int8('u');
  }

  public void textColumn(byte[] source, int from, int length) {
    int8('t');
    counted(source, from, length);
  }

  void textColumn(long value) {
    int8('t');
    int countAt = size;
    int32(0);
    int written = decimal(value);
    bytes[countAt + 3] = (byte) written; // at most 20 digits
  }

  void textColumn(char value) {
    int8('t');
    int32(1);
    int8(value);
  }

  void binaryColumn(byte[] source, int from, int length) {
    int8('b');
    counted(source, from, length);
  }

  // ---- parts ----

  private void start(char type) {
    if (size != 0) {
      throw new IllegalStateException("the previous message was not taken");
    }
    int8(type);
  }

  private void start(char type, int streamXid) {
    start(type);
    if (streamXid != 0) {
      int32(streamXid);
    }
  }

  private void counted(byte[] source, int from, int length) {
    int32(length);
    raw(source, from, length);
  }

  private void string(byte[] text) {
    raw(text, 0, text.length);
    int8(0);
  }

  private void raw(byte[] source, int from, int length) {
    reserve(length);
    System.arraycopy(source, from, bytes, size, length);
    size += length;
  }

  private void int8(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  private void int16(int value) {
    reserve(2);
    bytes[size] = (byte) (value >> 8);
    bytes[size + 1] = (byte) value;
    size += 2;
  }

  private void int32(int value) {
    reserve(4);
    bytes[size] = (byte) (value >> 24);
    bytes[size + 1] = (byte) (value >> 16);
    bytes[size + 2] = (byte) (value >> 8);
    bytes[size + 3] = (byte) value;
    size += 4;
  }

  private void int64(long value) {
    int32((int) (value >> 32));
    int32((int) value);
  }

  /** Writes digits without making a String: integers are most of what tables hold. */
  private int decimal(long value) {
    if (value == Long.MIN_VALUE) {
      raw(DECIMAL_MINIMUM, 0, DECIMAL_MINIMUM.length);
      return DECIMAL_MINIMUM.length;
    }
    reserve(20);
    int start = size;
    long rest = value;
    if (rest < 0) {
      bytes[size++] = '-';
      rest = -rest;
    }
    int digits = 1;
    for (long power = 10; digits < 19 && rest >= power; power *= 10) {
      digits++;
    }
    for (int at = size + digits - 1; at >= size; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    size += digits;
    return size - start;
  }

  private void reserve(int more) {
    int needed = Math.addExact(size, more);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(bytes.length * 2L, 1 << 30)));
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

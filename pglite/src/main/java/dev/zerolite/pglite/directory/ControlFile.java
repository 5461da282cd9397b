package dev.zerolite.pglite.directory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * What PostgreSQL's global/pg_control tells of the program that made a cluster:
 * catalog/pg_control.h, struct ControlFileData.
 *
 * @param controlVersion pg_control_version, 100 times the major version in which it last changed
 * @param catalogVersion catalog_version_no
 * @param layout blcksz, relseg_size, xlog_blcksz, nameDataLen, indexMaxKeys, toast_max_chunk_size,
 *     loblksize and float8ByVal: what a program was compiled for
 */
public record ControlFile(int controlVersion, int catalogVersion, Layout layout) {
  public static final String PATH = "global/pg_control";

  /** PG_CONTROL_FILE_SIZE. */
  private static final int SIZE = 8192;

  private static final int SYSTEM_IDENTIFIER = 0;
  private static final int CONTROL_VERSION = 8;
  private static final int CATALOG_VERSION = 12;
  private static final int STATE = 16;

  /** enum DBState: DB_SHUTDOWNED. */
  private static final int SHUT_DOWN = 1;

  private static final int CHECKPOINT = 32;

  /** checkPointCopy.ThisTimeLineID, behind checkPointCopy.redo. */
  private static final int TIMELINE = 48;

  /** mock_authentication_nonce[32], padding, and crc at the end. */
  private static final int AFTER_FORMAT = 32 + 3 + 4;

  /** pg_crc32c, of all that is before it. */
  private static final int CHECKSUM = 4;

  /** FLOATFORMAT_VALUE, the field before those of the layout; where it lies differs by release. */
  private static final double FLOAT_FORMAT = 1234567.0;

  /** xlog_seg_size, from blcksz on. */
  private static final int WAL_SEGMENT_SIZE = 12;

  private static final int SEARCH_FROM = 200;
  private static final int SEARCH_TO = 296;

  public record Layout(
      int blockSize,
      int segmentSize,
      int walBlockSize,
      int nameLength,
      int indexKeys,
      int toastChunk,
      int largeObjectBlock,
      byte float8ByValue) {}

  /**
   * Reads the file's bytes.
   *
   * @throws IllegalArgumentException if they are no control file of a little-endian machine
   */
  static ControlFile parse(byte[] bytes) {
    if (bytes.length != SIZE) {
      throw new IllegalArgumentException("it has %d bytes".formatted(bytes.length));
    }
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return new ControlFile(
        file.getInt(CONTROL_VERSION), file.getInt(CATALOG_VERSION), layout(file, layoutOf(file)));
  }

  /** Where blcksz and what follows it is. */
  private static int layoutOf(ByteBuffer file) {
    for (int at = SEARCH_FROM; at <= SEARCH_TO; at += Double.BYTES) {
      if (file.getDouble(at) == FLOAT_FORMAT) {
        return at + Double.BYTES;
      }
    }
    throw new IllegalArgumentException("it is not PostgreSQL's");
  }

  /** Tells a cluster from others (system_identifier). */
  public static long systemIdentifier(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(SYSTEM_IDENTIFIER);
  }

  /** Changes system_identifier and mock_authentication_nonce, and the checksum accordingly. */
  static void setIdentity(byte[] file, long systemIdentifier, byte[] nonce) {
    ByteBuffer fields = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int end = length(file);
    fields.putLong(SYSTEM_IDENTIFIER, systemIdentifier);
    fields.put(end - AFTER_FORMAT, nonce);
    fields.putInt(end - CHECKSUM, checksum(file));
  }

  private static int checksum(byte[] file) {
    CRC32C checksum = new CRC32C();
    checksum.update(file, 0, length(file) - CHECKSUM);
    return (int) checksum.getValue();
  }

  /** Whether all of it is as PostgreSQL wrote it. */
  static boolean isWhole(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(length(file) - CHECKSUM)
        == checksum(file);
  }

  /** Whether the cluster was shut down in order, so that there is nothing to recover. */
  static boolean isShutDown(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(STATE) == SHUT_DOWN;
  }

  /** The WAL file that holds the last checkpoint's record: XLogFileName() (xlog_internal.h). */
  public static String walFile(byte[] file) {
    ByteBuffer fields = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int segmentSize = fields.getInt(layoutOf(fields) + WAL_SEGMENT_SIZE);
    long segment = checkpoint(file) / segmentSize;
    long perId = (1L << 32) / segmentSize;
    int timeline = fields.getInt(TIMELINE);
    return "%08X%08X%08X".formatted(timeline, segment / perId, segment % perId);
  }

  /** Copies what {@link #setIdentity} changes into another copy of the struct. */
  public static void copyIdentity(byte[] file, byte[] target, int at) {
    System.arraycopy(file, SYSTEM_IDENTIFIER, target, at + SYSTEM_IDENTIFIER, Long.BYTES);
    int end = length(file);
    System.arraycopy(file, end - AFTER_FORMAT, target, at + end - AFTER_FORMAT, AFTER_FORMAT);
  }

  /** Where the last checkpoint's record is in the WAL (checkPoint). */
  public static long checkpoint(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(CHECKPOINT);
  }

  /** How many bytes of the file are the struct; its last field is the checksum, which is not 0. */
  public static int length(byte[] file) {
    int last = file.length - 1;
    while (last > 0 && file[last] == 0) {
      last--;
    }
    return (last / Integer.BYTES + 1) * Integer.BYTES;
  }

  /**
   * Whether two files tell of the same format, that is, from floatFormat to
   * default_char_signedness: what a program was compiled for and what initdb was asked for.
   */
  public static boolean sameFormat(byte[] one, byte[] other) {
    int end = length(one) - AFTER_FORMAT;
    return length(other) - AFTER_FORMAT == end
        && Arrays.equals(one, CONTROL_VERSION, STATE, other, CONTROL_VERSION, STATE)
        && Arrays.equals(one, SEARCH_FROM, end, other, SEARCH_FROM, end);
  }

  private static Layout layout(ByteBuffer file, int at) {
    return new Layout(
        file.getInt(at),
        file.getInt(at + 4),
        file.getInt(at + 8),
        // xlog_seg_size is a cluster's own choice
        file.getInt(at + 16),
        file.getInt(at + 20),
        file.getInt(at + 24),
        file.getInt(at + 28),
        file.get(at + 32));
  }
}

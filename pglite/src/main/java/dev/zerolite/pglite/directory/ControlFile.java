package dev.zerolite.pglite.directory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What PostgreSQL's global/pg_control tells of the program that made a cluster:
 * catalog/pg_control.h, struct ControlFileData.
 *
 * @param controlVersion pg_control_version, 100 times the major version in which it last changed
 * @param catalogVersion catalog_version_no
 * @param layout blcksz, relseg_size, xlog_blcksz, nameDataLen, indexMaxKeys, toast_max_chunk_size,
 *     loblksize and float8ByVal: what a program was compiled for
 */
record ControlFile(int controlVersion, int catalogVersion, Layout layout) {
  static final String PATH = "global/pg_control";

  /** PG_CONTROL_FILE_SIZE. */
  private static final int SIZE = 8192;

  private static final int CONTROL_VERSION = 8;
  private static final int CATALOG_VERSION = 12;

  /** FLOATFORMAT_VALUE, the field before those of the layout; where it lies differs by release. */
  private static final double FLOAT_FORMAT = 1234567.0;

  private static final int SEARCH_FROM = 200;
  private static final int SEARCH_TO = 296;

  record Layout(
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
    for (int at = SEARCH_FROM; at <= SEARCH_TO; at += Double.BYTES) {
      if (file.getDouble(at) == FLOAT_FORMAT) {
        return new ControlFile(
            file.getInt(CONTROL_VERSION), file.getInt(CATALOG_VERSION), layout(file, at + 8));
      }
    }
    throw new IllegalArgumentException("it is not PostgreSQL's");
  }

  private static Layout layout(ByteBuffer file, int at) {
    return new Layout(
        file.getInt(at),
        file.getInt(at + 4),
        file.getInt(at + 8),
        // at + 12: xlog_seg_size, a cluster's own choice
        file.getInt(at + 16),
        file.getInt(at + 20),
        file.getInt(at + 24),
        file.getInt(at + 28),
        file.get(at + 32));
  }
}

package dev.zerolite.pglite.directory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * In which files the catalogs are that pg_class cannot tell, because it is one of them
 * (utils/cache/relmapper.c). A rewrite (VACUUM FULL) gives a catalog another one.
 *
 * @param files each relation's OID with its file's RelFileNumber
 */
record RelationMap(Map<Integer, String> files) {
  /** RELMAPPER_FILENAME. */
  static final String NAME = "pg_filenode.map";

  /** RELMAPPER_FILEMAGIC. */
  private static final int MAGIC = 0x592717;

  /** Magic and num_mappings, before the pairs of relation and file. */
  private static final int HEADER = 2 * Integer.BYTES;

  /** MAX_MAPPINGS. */
  private static final int MOST = 64;

  /** sizeof(RelMapFile); its last field is the checksum of the others. */
  private static final int SIZE = HEADER + MOST * 2 * Integer.BYTES + Integer.BYTES;

  RelationMap {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /** Empty if these are not the bytes of a map that is whole. */
  static Optional<RelationMap> parse(byte[] bytes) {
    ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length != SIZE || fields.getInt() != MAGIC) {
      return Optional.empty();
    }
    int mappings = fields.getInt();
    CRC32C sum = new CRC32C();
    sum.update(bytes, 0, SIZE - Integer.BYTES);
    if (mappings < 0
        || mappings > MOST
        || fields.getInt(SIZE - Integer.BYTES) != (int) sum.getValue()) {
      return Optional.empty();
    }
    Map<Integer, String> files = new LinkedHashMap<>();
    for (int i = 0; i < mappings; i++) {
      files.put(fields.getInt(), Integer.toUnsignedString(fields.getInt()));
    }
    return Optional.of(new RelationMap(files));
  }
}

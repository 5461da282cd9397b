package dev.zerolite.pglite.directory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32C;

/**
 * Tells whether the roles and databases of a cluster are what they were at another time, without
 * starting it.
 *
 * <p>They are if nothing in the files of pg_authid and pg_database has changed: each change of a
 * page puts a later place of the WAL into its header. Only of a cluster that was shut down in order
 * do the files have everything, and only then has every transaction that they name ended.
 */
final class SharedCatalogs {
  /** Relation OIDs: catalog/pg_authid.h, catalog/pg_database.h. */
  private static final List<Integer> CATALOGS = List.of(1260, 1262);

  /** utils/cache/relmapper.c: RELMAPPER_FILENAME. */
  private static final String MAP = "pg_filenode.map";

  /** RELMAPPER_FILEMAGIC. */
  private static final int MAP_MAGIC = 0x592717;

  /** Magic and num_mappings, before the pairs of relation and file. */
  private static final int MAP_HEADER = 2 * Integer.BYTES;

  private SharedCatalogs() {}

  /**
   * A checksum of the files, with those that they were rewritten into.
   *
   * @param directory a cluster's that does not run
   * @return empty if the cluster was not shut down in order, or the files are not as expected
   */
  static Optional<String> sumOf(Path directory) throws IOException {
    if (!ControlFile.isShutDown(Files.readAllBytes(directory.resolve(ControlFile.PATH)))) {
      return Optional.empty();
    }
    Path global = directory.resolve("global");
    byte[] map = Files.readAllBytes(global.resolve(MAP));
    CRC32C sum = new CRC32C();
    sum.update(map);
    for (int catalog : CATALOGS) {
      OptionalInt file = fileOf(catalog, map);
      if (file.isEmpty()) {
        return Optional.empty();
      }
      sum.update(Files.readAllBytes(global.resolve(Integer.toUnsignedString(file.getAsInt()))));
    }
    return Optional.of(Long.toHexString(sum.getValue()));
  }

  /** The file's name, RelFileNumber; a rewrite (VACUUM FULL) gives a catalog another one. */
  private static OptionalInt fileOf(int catalog, byte[] map) {
    ByteBuffer fields = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
    if (map.length < MAP_HEADER || fields.getInt() != MAP_MAGIC) {
      return OptionalInt.empty();
    }
    int mappings = fields.getInt();
    for (int i = 0; i < mappings && fields.remaining() >= 2 * Integer.BYTES; i++) {
      int relation = fields.getInt();
      int file = fields.getInt();
      if (relation == catalog) {
        return OptionalInt.of(file);
      }
    }
    return OptionalInt.empty();
  }
}

package dev.zerolite.pglite.directory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
    byte[] map = Files.readAllBytes(global.resolve(RelationMap.NAME));
    CRC32C sum = new CRC32C();
    sum.update(map);
    Optional<RelationMap> files = RelationMap.parse(map);
    for (int catalog : CATALOGS) {
      Optional<String> file = files.map(f -> f.files().get(catalog));
      if (file.isEmpty()) {
        return Optional.empty();
      }
      sum.update(Files.readAllBytes(global.resolve(file.get())));
    }
    return Optional.of(Long.toHexString(sum.getValue()));
  }
}

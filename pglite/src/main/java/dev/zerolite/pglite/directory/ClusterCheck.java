package dev.zerolite.pglite.directory;

import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether a directory holds a whole cluster of this engine's PostgreSQL. */
final class ClusterCheck {
  static final String VERSION = "PG_VERSION";

  /** Databases that each cluster begins with: template1, template0, postgres (pg_database.dat). */
  private static final List<String> FIRST_DATABASES = List.of("base/1", "base/4", "base/5");

  /**
   * Catalogs with rows that nobody can remove: pg_authid, pg_database; pg_class, pg_attribute,
   * pg_proc, pg_type.
   */
  private static final List<Integer> NEVER_EMPTY = List.of(1260, 1262, 1259, 1249, 1255, 1247);

  /** BLCKSZ. */
  private static final long BLOCK = 8192;

  private ClusterCheck() {}

  /**
   * Touches nothing.
   *
   * @throws DataDirectoryException if another PostgreSQL made it, or files are missing or damaged
   * @throws AccessDeniedException if it cannot be written
   */
  static void require(Path path, Engine engine) throws IOException, DataDirectoryException {
    FileTree template = engine.preparedCluster();
    String ours = new String(template.readFile(inTemplate(VERSION))).strip();
    if (!Files.isRegularFile(path.resolve(VERSION))) {
      throw DataDirectoryException.damaged(path, VERSION + " is missing");
    }
    String theirs = version(path);
    if (theirs.matches("\\d+(\\.\\d+)?") && !theirs.equals(ours)) {
      throw new DataDirectoryException(
          DataDirectoryException.FEATURE_NOT_SUPPORTED,
          "%s holds a database of PostgreSQL %s, and this is PostgreSQL %s: nothing there was touched. Dump it with PostgreSQL %s's pg_dumpall and load the dump into a new directory."
              .formatted(path, theirs, ours, theirs));
    }
    Path file = path.resolve(ControlFile.PATH);
    if (!theirs.equals(ours)
        || !Files.isRegularFile(file)
        || !Files.isDirectory(path.resolve("base"))) {
      throw DataDirectoryException.damaged(path, "files are missing");
    }
    ControlFile mine = ControlFile.parse(template.readFile(inTemplate(ControlFile.PATH)));
    ControlFile found;
    byte[] control = Files.readAllBytes(file);
    try {
      found = ControlFile.parse(control);
    } catch (IllegalArgumentException e) {
      throw DataDirectoryException.damaged(
          path, ControlFile.PATH + " is no control file, " + e.getMessage());
    }
    if (!found.equals(mine)) {
      throw new DataDirectoryException(
          DataDirectoryException.FEATURE_NOT_SUPPORTED,
          "%s holds a database that another build of PostgreSQL %s made (catalog version %d, here %d; %s-bit), which this one cannot read: nothing there was touched. Dump it with the program that made it and load the dump into a new directory."
              .formatted(
                  path,
                  theirs,
                  found.catalogVersion(),
                  mine.catalogVersion(),
                  found.layout().float8ByValue() == 0 ? "32" : "64"));
    }
    if (!ControlFile.isWhole(control)) {
      throw DataDirectoryException.damaged(path, ControlFile.PATH + " has a wrong checksum");
    }
    requireComplete(path, template, control, ours);
    requireWritable(path);
  }

  /** PostgreSQL would find out when it has begun to change things. */
  private static void requireComplete(Path path, FileTree template, byte[] control, String version)
      throws IOException, DataDirectoryException {
    for (String name : template.directory(Engine.TEMPLATE).names()) {
      // Databases may be dropped, and what is missing in pg_wal is made again (xlog.c).
      requireDirectories(path, template, name, !List.of("base", "pg_wal").contains(name));
    }
    if (!Files.isRegularFile(path.resolve("postgresql.conf"))) {
      throw DataDirectoryException.damaged(path, "postgresql.conf is missing");
    }
    requireCatalogs(path, "global");
    for (String database : FIRST_DATABASES) {
      // All but template0 may be dropped; then what is missing is found by who connects.
      if (Files.isDirectory(path.resolve(database))) {
        requireVersion(path, database, version);
        requireCatalogs(path, database);
      }
    }
    String wal = "pg_wal/" + ControlFile.walFile(control);
    if (!Files.isRegularFile(path.resolve(wal))) {
      throw DataDirectoryException.damaged(path, wal + " is missing, where the last checkpoint is");
    }
  }

  private static void requireDirectories(Path path, FileTree template, String name, boolean deep)
      throws DataDirectoryException {
    if (!(template.find(inTemplate(name)) instanceof Directory directory)) {
      return;
    }
    if (!Files.isDirectory(path.resolve(name))) {
      throw DataDirectoryException.damaged(path, "the directory " + name + " is missing");
    }
    if (deep) {
      for (String child : directory.names()) {
        requireDirectories(path, template, name + "/" + child, true);
      }
    }
  }

  private static String version(Path directory) throws IOException {
    return Files.readString(directory.resolve(VERSION), StandardCharsets.ISO_8859_1).strip();
  }

  private static void requireVersion(Path path, String database, String version)
      throws IOException, DataDirectoryException {
    String file = database + "/" + VERSION;
    if (!Files.isRegularFile(path.resolve(file))) {
      throw DataDirectoryException.damaged(path, file + " is missing");
    }
    if (!version(path.resolve(database)).equals(version)) {
      throw DataDirectoryException.damaged(path, file + " does not name PostgreSQL " + version);
    }
  }

  /** Each catalog that a session opens before it can look anything up. */
  private static void requireCatalogs(Path path, String directory)
      throws IOException, DataDirectoryException {
    String name = directory + "/" + RelationMap.NAME;
    if (!Files.isRegularFile(path.resolve(name))) {
      throw DataDirectoryException.damaged(path, name + " is missing");
    }
    Optional<RelationMap> map = RelationMap.parse(Files.readAllBytes(path.resolve(name)));
    if (map.isEmpty()) {
      throw DataDirectoryException.damaged(path, name + " is not whole");
    }
    for (Map.Entry<Integer, String> entry : map.get().files().entrySet()) {
      String file = directory + "/" + entry.getValue();
      if (!Files.isRegularFile(path.resolve(file))) {
        throw DataDirectoryException.damaged(path, file + " is missing");
      }
      if (NEVER_EMPTY.contains(entry.getKey()) && Files.size(path.resolve(file)) < BLOCK) {
        throw DataDirectoryException.damaged(path, file + " is truncated");
      }
    }
  }

  private static String inTemplate(String name) {
    return Engine.TEMPLATE + "/" + name;
  }

  /** PostgreSQL would find out in the middle of something. */
  private static void requireWritable(Path path) throws IOException {
    for (String name : List.of(ControlFile.PATH, "base", "pg_wal")) {
      if (!Files.isWritable(path.resolve(name))) {
        throw new AccessDeniedException(path.resolve(name).toString());
      }
    }
  }
}

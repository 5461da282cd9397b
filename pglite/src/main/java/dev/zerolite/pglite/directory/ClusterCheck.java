package dev.zerolite.pglite.directory;

import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether a directory holds a whole cluster of this engine's PostgreSQL. */
final class ClusterCheck {
  static final String VERSION = "PG_VERSION";

  /** Without them PostgreSQL does not get as far as to say so. */
  private static final List<String> NEEDED = List.of("postgresql.conf", "global/pg_filenode.map");

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
    String theirs = Files.readString(path.resolve(VERSION)).strip();
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
    requireComplete(path, template, control);
    requireWritable(path);
  }

  /** PostgreSQL would find out when it has begun to change things. */
  private static void requireComplete(Path path, FileTree template, byte[] control)
      throws DataDirectoryException {
    for (String name : template.directory(Engine.TEMPLATE).names()) {
      if (template.find(inTemplate(name)) instanceof Directory
          && !Files.isDirectory(path.resolve(name))) {
        throw DataDirectoryException.damaged(path, "the directory " + name + " is missing");
      }
    }
    for (String name : NEEDED) {
      if (!Files.isRegularFile(path.resolve(name))) {
        throw DataDirectoryException.damaged(path, name + " is missing");
      }
    }
    String wal = "pg_wal/" + ControlFile.walFile(control);
    if (!Files.isRegularFile(path.resolve(wal))) {
      throw DataDirectoryException.damaged(path, wal + " is missing, where the last checkpoint is");
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

package dev.zerolite.pglite.directory;

import dev.zerolite.pglite.fs.DiskOptions;
import dev.zerolite.pglite.fs.DiskReserve;
import dev.zerolite.pglite.fs.ErrnoException;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.host.Engine;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * A directory on disk that holds a cluster, locked for this process.
 *
 * <p>A new one is filled from the template in place: {@link #INCOMPLETE} is written first and
 * removed when the cluster has started and answers. Who finds it there later knows that nothing in
 * the directory is worth keeping, and begins again.
 */
public final class DataDirectory implements AutoCloseable {
  /** Marks a directory that is being filled. */
  private static final String INCOMPLETE = "zerolite.incomplete";

  /** Enough to write several checkpoints and their WAL, 64 MB of which is kept at most anyway. */
  private static final long RESERVE_BYTES = 32L << 20;

  /**
   * PostgreSQL's own lock and options files would be written by a process that does not exist; ours
   * must not be opened (see {@link DirectoryLock}).
   */
  private static final Set<String> HIDDEN =
      Set.of(DirectoryLock.NAME, INCOMPLETE, "postmaster.pid", "postmaster.opts");

  private final Path path;
  private final DirectoryLock lock;
  private final FileTree tree;
  private final ClusterNotes notes;
  private boolean fresh;

  private DataDirectory(
      Path path, DirectoryLock lock, FileTree tree, Optional<String> catalogs, boolean fresh) {
    this.path = path;
    this.lock = lock;
    this.tree = tree;
    this.notes = new ClusterNotes(path, catalogs);
    this.fresh = fresh;
  }

  private enum Content {
    /** Nothing, or what an interrupted first start left. */
    NOTHING,
    CLUSTER,
    FOREIGN
  }

  /** Tells how many bytes there is room for at a path. */
  public static LongSupplier usableBytes(Path path) throws IOException {
    FileStore device = Files.getFileStore(path);
    return () -> {
      try {
        return device.getUsableSpace();
      } catch (IOException e) {
        return Long.MAX_VALUE; // then the device itself will say when it is full
      }
    };
  }

  /** A way to find out how many bytes there is room for at a path. */
  public interface Room {
    LongSupplier at(Path path) throws IOException;
  }

  /**
   * Locks a directory and puts it into a file tree; fills it first if there is nothing in it.
   *
   * @param template what a new one is filled with, a place in {@link Engine#preparedCluster}
   * @param forced whether fsync reaches the device
   * @param room {@link #usableBytes}, except in tests
   * @throws DataDirectoryException if the directory is in use, holds something else or cannot be
   *     written; it is as it was then
   */
  public static DataDirectory open(
      Path directory, Engine engine, String template, boolean forced, Room room)
      throws DataDirectoryException {
    Path path = directory.toAbsolutePath().normalize();
    DirectoryLock lock = null;
    boolean opened = false;
    try {
      if (refuseForeign(path) == Content.CLUSTER
          && Files.notExists(path.resolve(DirectoryLock.NAME))) {
        ClusterCheck.require(path, engine); // so that a native server's directory gets no lock file
      }
      makeDirectory(path);
      lock = DirectoryLock.take(path);
      // Nobody else changes it from here on.
      boolean fresh = refuseForeign(path) == Content.NOTHING;
      if (fresh) {
        fill(path, engine, template, forced);
      } else {
        ClusterCheck.require(path, engine);
      }
      FileTree tree = engine.newFileTreeWithoutCluster();
      tree.mount(
          Engine.DATA_DIRECTORY,
          path,
          new DiskOptions(
              forced,
              Optional.of(ControlFile.PATH),
              new DiskReserve(room.at(path), RESERVE_BYTES, DataDirectory::mayFail),
              Set.of("pgsql_tmp"),
              HIDDEN));
      Optional<String> catalogs = fresh ? Optional.empty() : SharedCatalogs.sumOf(path);
      opened = true;
      return new DataDirectory(path, lock, tree, catalogs, fresh);
    } catch (ErrnoException e) {
      throw DataDirectoryException.unusable(
          path, e.getCause() instanceof IOException io ? io : new IOException(e));
    } catch (IOException e) {
      throw DataDirectoryException.unusable(path, e);
    } finally {
      if (!opened && lock != null) {
        closeQuietly(lock);
      }
    }
  }

  /**
   * Tables, temporary files and what decoding puts aside (reorderbuffer.c), but not what a session
   * needs to start (relcache.c).
   */
  private static boolean mayFail(String file) {
    boolean isTable = file.startsWith("base/") || file.startsWith("pg_tblspc/");
    return isTable && !file.contains("pg_internal.init") || file.endsWith(".spill");
  }

  private static Content refuseForeign(Path path) throws IOException, DataDirectoryException {
    Content content = contentOf(path);
    if (content == Content.FOREIGN) {
      throw new DataDirectoryException(
          DataDirectoryException.OBJECT_NOT_IN_PREREQUISITE_STATE,
          Files.isDirectory(path)
              ? "%s holds files that are no database: nothing there was touched. Name a directory that is empty or not there yet."
                  .formatted(path)
              : "%s is no directory. Name another one.".formatted(path));
    }
    return content;
  }

  /** As {@link #refuseForeign}, and a cluster that was not made here, whatever its state. */
  private static void refuseOthers(Path path) throws IOException, DataDirectoryException {
    if (refuseForeign(path) == Content.CLUSTER
        && Files.notExists(path.resolve(ClusterNotes.SUPERUSER))) {
      throw new DataDirectoryException(
          DataDirectoryException.OBJECT_NOT_IN_PREREQUISITE_STATE,
          "%s holds a database that another PostgreSQL has made, there is no %s in it: nothing there was touched. If it shall go nevertheless, remove the directory yourself."
              .formatted(path, ClusterNotes.SUPERUSER));
    }
  }

  private static Content contentOf(Path path) throws IOException {
    if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
      return Content.NOTHING;
    }
    if (!Files.isDirectory(path)) {
      return Content.FOREIGN;
    }
    List<String> names;
    try (Stream<Path> entries = Files.list(path)) {
      names = entries.map(entry -> entry.getFileName().toString()).toList();
    }
    if (names.contains(INCOMPLETE) || names.stream().allMatch(DirectoryLock.NAME::equals)) {
      return Content.NOTHING;
    }
    // A name of ours tells a damaged cluster from somebody's files.
    return names.contains(ClusterCheck.VERSION) || names.contains(ClusterNotes.SUPERUSER)
        ? Content.CLUSTER
        : Content.FOREIGN;
  }

  private static void makeDirectory(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return;
    }
    Files.createDirectories(path.getParent());
    if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      // PostgreSQL's own rule: nobody else may read it.
      Files.createDirectory(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectory(path);
    }
  }

  // ---- a new one ----

  private static void fill(Path path, Engine engine, String template, boolean forced)
      throws IOException {
    Files.writeString(
        path.resolve(INCOMPLETE),
        "A new database is being made here. If nobody does so any more, the next start begins again.\n");
    force(path.resolve(INCOMPLETE));
    force(path);
    removeContent(path);
    FileTree made = engine.newFileTree(template);
    ClusterIdentity.renew(made, Engine.DATA_DIRECTORY);
    made.extract(Engine.DATA_DIRECTORY, path, HIDDEN, forced);
  }

  /** Removes everything but the lock and the marker. */
  private static void removeContent(Path path) throws IOException {
    List<Path> entries;
    try (Stream<Path> listed = Files.list(path)) {
      entries = listed.filter(entry -> !HIDDEN.contains(entry.getFileName().toString())).toList();
    }
    for (Path entry : entries) {
      removeTree(entry);
    }
  }

  private static void removeTree(Path top) throws IOException {
    Files.walkFileTree(
        top,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Whether this directory was filled now and is not {@link #complete()} yet. */
  public boolean isFresh() {
    return fresh;
  }

  /** What is remembered beside the cluster's files. */
  public ClusterNotes notes() {
    return notes;
  }

  /** The new cluster is as it shall be: from now on it is kept. */
  public void complete() throws DataDirectoryException {
    try {
      Files.deleteIfExists(path.resolve(INCOMPLETE));
      force(path);
      fresh = false;
    } catch (IOException e) {
      throw DataDirectoryException.unusable(path, e);
    }
  }

  private static void force(Path path) throws IOException {
    boolean directory = Files.isDirectory(path);
    if (directory && File.separatorChar == '\\') {
      return; // Windows cannot open directories, and needs no fsync on them
    }
    try (FileChannel channel =
        FileChannel.open(path, directory ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  // ---- while it is used ----

  /** PostgreSQL's files, with the directory at {@link Engine#DATA_DIRECTORY}. */
  public FileTree tree() {
    return tree;
  }

  public Path path() {
    return path;
  }

  /** False when somebody has removed or replaced the directory. */
  public boolean isStillThere() {
    return lock.isStillThere();
  }

  /** Closes all files and gives up the lock; nobody may use the tree any more. */
  @Override
  public void close() {
    try {
      tree.release(Engine.DATA_DIRECTORY);
    } finally {
      closeQuietly(lock);
    }
  }

  private static void closeQuietly(DirectoryLock lock) {
    try {
      lock.close();
    } catch (IOException e) {
      // The operating system drops the lock with the process.
    }
  }

  /**
   * Removes a cluster's directory with all that is in it.
   *
   * @return false if there was nothing
   * @throws DataDirectoryException if it is in use or holds something else, be it a cluster of a
   *     native PostgreSQL; it is as it was then
   */
  public static boolean remove(Path directory) throws DataDirectoryException {
    Path path = directory.toAbsolutePath().normalize();
    try {
      if (Files.notExists(path)) {
        return false;
      }
      refuseOthers(path);
      DirectoryLock lock = DirectoryLock.take(path);
      try {
        refuseOthers(path);
        // The marker first: should this be interrupted, nobody takes the rest for a cluster.
        Files.writeString(path.resolve(INCOMPLETE), "This database is being removed.\n");
        removeContent(path);
        for (String name : HIDDEN) {
          if (!name.equals(DirectoryLock.NAME)) {
            Files.deleteIfExists(path.resolve(name));
          }
        }
      } finally {
        lock.close();
      }
      Files.deleteIfExists(path.resolve(DirectoryLock.NAME));
      Files.delete(path);
      return true;
    } catch (IOException e) {
      throw DataDirectoryException.unusable(path, e);
    }
  }
}

package dev.zerolite.pglite.fs;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a directory's files in a real directory. Nobody else may change it meanwhile: the tree
 * remembers names and sizes and never looks again.
 */
final class DiskStore implements DirectoryStore {
  private final DiskVolume volume;
  private final boolean scratch;

  /** Null for the directory that was mounted. */
  private DiskStore parent;

  /** Absolute for the directory that was mounted, else the name in the parent. */
  private Path name;

  private DiskStore(DiskVolume volume, DiskStore parent, Path name) {
    this.volume = volume;
    this.parent = parent;
    this.name = name;
    this.scratch =
        parent != null && (parent.scratch || volume.options().scratch().contains(name.toString()));
  }

  static DiskStore mounted(Path directory, DiskOptions options) {
    return new DiskStore(new DiskVolume(options), null, directory.toAbsolutePath());
  }

  /** The store of a directory that is there already. */
  DiskStore existingDirectory(String childName) {
    return new DiskStore(volume, this, Path.of(childName));
  }

  /** The content of a file that is there already. */
  DiskContent existingFile(String childName, long size) {
    return new DiskContent(volume, this, childName, size);
  }

  /** Whether the tree does not show what has that name on disk. */
  boolean hides(String childName) {
    return parent == null && volume.options().hidden().contains(childName);
  }

  boolean isScratch() {
    return scratch;
  }

  /** Whether the file of that name must leave the reserve alone when it grows. */
  boolean isGrowing(String childName) {
    return volume.options().reserve().appliesTo(below(childName));
  }

  /** Whether the file of that name is the one that vouches for all others. */
  boolean isSeal(String childName) {
    return volume.options().seal().filter(seal -> seal.equals(below(childName))).isPresent();
  }

  /** A path as seen from the mounted directory. */
  private String below(String childName) {
    return parent == null ? childName : parent.below(name + "/" + childName);
  }

  Path path() {
    return parent == null ? name : parent.path().resolve(name);
  }

  Path path(String childName) {
    return path().resolve(childName);
  }

  @Override
  public FileContent createFile(String childName) {
    return hides(childName) ? new MemoryContent(MemoryUsage.plain()) : createOnDisk(childName);
  }

  DiskContent createOnDisk(String childName) {
    return run(
        () -> {
          Files.createFile(path(childName));
          return new DiskContent(volume, this, childName, 0);
        });
  }

  @Override
  public DirectoryStore createDirectory(String childName) {
    return run(
        () -> {
          Files.createDirectory(path(childName));
          return existingDirectory(childName);
        });
  }

  @Override
  public void createSymbolicLink(String childName, String target) {
    run(() -> Files.createSymbolicLink(path(childName), Path.of(target)));
  }

  @Override
  public void delete(Node node) {
    if (isHidden(node)) {
      return;
    }
    keepUsable(node);
    run(
        () -> {
          Files.delete(path(node.name()));
          return null;
        });
  }

  @Override
  public boolean canMoveTo(DirectoryStore target) {
    return target instanceof DiskStore disk && disk.volume == volume;
  }

  @Override
  public void rename(Node moved, DirectoryStore target, String newName, Node replaced) {
    DiskStore to = (DiskStore) target;
    if (isHidden(moved) || to.hides(newName)) {
      throw new ErrnoException(Errno.EXDEV);
    }
    keepUsable(replaced);
    run(
        () ->
            Files.move(
                path(moved.name()),
                to.path(newName),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING));
    if (moved instanceof RegularFile file) {
      ((DiskContent) file.content()).moved(to, newName);
    } else if (moved instanceof Directory directory) {
      DiskStore store = (DiskStore) directory.store();
      store.parent = to;
      store.name = Path.of(newName);
    }
  }

  private static boolean isHidden(Node node) {
    return node instanceof RegularFile file && !(file.content() instanceof DiskContent);
  }

  /** Descriptors may refer to a file that is about to lose its name. */
  private static void keepUsable(Node node) {
    if (node instanceof RegularFile file) {
      ((DiskContent) file.content()).nameLost();
    }
  }

  @Override
  public void sync() {
    if (!volume.options().forced() || File.separatorChar == '\\') {
      return; // Windows cannot open directories, and needs no fsync on them
    }
    run(
        () -> {
          try (FileChannel channel = FileChannel.open(path(), StandardOpenOption.READ)) {
            channel.force(true);
          }
          return null;
        });
  }

  /** Lets go of the files; they may be used again. */
  void close() {
    run(
        () -> {
          volume.closeAll();
          return null;
        });
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  private <T> T run(Action<T> action) {
    // An interrupt would close channels; it concerns whoever waits next, not this call.
    boolean interrupted = Thread.interrupted();
    try {
      return action.run();
    } catch (UnsupportedOperationException e) {
      throw new ErrnoException(Errno.EIO, e);
    } catch (IOException e) {
      throw DiskFailure.of(e, path());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

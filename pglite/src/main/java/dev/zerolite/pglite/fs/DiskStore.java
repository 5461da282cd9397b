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
  private final DiskChannels channels;

  /** Null for the directory that was mounted. */
  private DiskStore parent;

  /** Absolute for the directory that was mounted, else the name in the parent. */
  private Path name;

  private DiskStore(DiskChannels channels, DiskStore parent, Path name) {
    this.channels = channels;
    this.parent = parent;
    this.name = name;
  }

  static DiskStore mounted(Path directory) {
    return new DiskStore(new DiskChannels(), null, directory.toAbsolutePath());
  }

  /** The store of a directory that is there already. */
  DiskStore existingDirectory(String childName) {
    return new DiskStore(channels, this, Path.of(childName));
  }

  /** The content of a file that is there already. */
  DiskContent existingFile(String childName) throws IOException {
    return new DiskContent(channels, this, childName, Files.size(path(childName)));
  }

  Path path() {
    return parent == null ? name : parent.path().resolve(name);
  }

  Path path(String childName) {
    return path().resolve(childName);
  }

  @Override
  public DiskContent createFile(String childName) {
    return run(
        () -> {
          Files.createFile(path(childName));
          return new DiskContent(channels, this, childName, 0);
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
    keepUsable(node);
    run(
        () -> {
          Files.delete(path(node.name()));
          return null;
        });
  }

  @Override
  public boolean canMoveTo(DirectoryStore target) {
    return target instanceof DiskStore disk && disk.channels == channels;
  }

  @Override
  public void rename(Node moved, DirectoryStore target, String newName, Node replaced) {
    DiskStore to = (DiskStore) target;
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

  /** Descriptors may refer to a file that is about to lose its name. */
  private static void keepUsable(Node node) {
    if (node instanceof RegularFile file) {
      ((DiskContent) file.content()).nameLost();
    }
  }

  @Override
  public void sync() {
    if (File.separatorChar == '\\') {
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

  private interface Action<T> {
    T run() throws IOException;
  }

  private static <T> T run(Action<T> action) {
    // An interrupt would close channels; it concerns whoever waits next, not this call.
    boolean interrupted = Thread.interrupted();
    try {
      return action.run();
    } catch (IOException | UnsupportedOperationException e) {
      throw new ErrnoException(Errno.EIO, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

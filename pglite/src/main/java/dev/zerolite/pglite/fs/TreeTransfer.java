package dev.zerolite.pglite.fs;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Moves whole directories between a tree and the disk. */
final class TreeTransfer {
  // What PostgreSQL gives its own files; the modes on disk are the user's business.
  private static final int DIRECTORY_PERMISSIONS = 0700;
  private static final int FILE_PERMISSIONS = 0600;

  /** PG_TBLSPC_DIR of common/relpath.h. */
  private static final String TABLESPACES = "pg_tblspc";

  private final FileTree tree;

  TreeTransfer(FileTree tree) {
    this.tree = tree;
  }

  /** A node for a directory on disk with all that is in it. */
  Directory existing(Path onDisk, DiskOptions options) throws IOException {
    return existing(DiskStore.mounted(onDisk, options));
  }

  private Directory existing(DiskStore store) throws IOException {
    Directory directory = new Directory(tree.nextInode(), DIRECTORY_PERMISSIONS, store);
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(store.path())) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (store.hides(name)) {
          continue;
        }
        BasicFileAttributes attributes =
            Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (attributes.isSymbolicLink() && isFollowed(store, entry)) {
          attributes = Files.readAttributes(entry, BasicFileAttributes.class);
        }
        if (attributes.isSymbolicLink()) {
          String target = Files.readSymbolicLink(entry).toString();
          directory.link(name, new SymbolicLink(tree.nextInode(), target));
        } else if (attributes.isDirectory()) {
          directory.link(name, existing(store.existingDirectory(name)));
        } else if (attributes.isRegularFile()) {
          FileContent content = store.existingFile(name, attributes.size());
          directory.link(name, new RegularFile(tree.nextInode(), FILE_PERMISSIONS, content));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return directory;
  }

  /**
   * Whether a link leads to where the user has moved a part of the directory, as PostgreSQL allows
   * for pg_wal. The links in pg_tblspc are PostgreSQL's own, to places of the tree.
   */
  private static boolean isFollowed(DiskStore store, Path link) throws IOException {
    return !store.path().endsWith(TABLESPACES)
        && Files.exists(link)
        && !store.path().toRealPath().startsWith(link.toRealPath());
  }

  /**
   * Writes a directory with all that is in it to the disk. Forced, it is on the device in the end:
   * first everything is written, so that one commit of the file system's journal serves thousands
   * of files, then each is forced.
   */
  static void extract(Directory source, Path target, Set<String> without, boolean forced)
      throws IOException {
    DiskOptions plain = DiskOptions.plain();
    DiskOptions options =
        new DiskOptions(forced, plain.seal(), plain.reserve(), plain.scratch(), without);
    List<DiskContent> files = new ArrayList<>();
    List<DiskStore> directories = new ArrayList<>();
    Files.createDirectories(target);
    write(source, DiskStore.mounted(target, options), files, directories);
    if (forced) {
      for (DiskContent file : files) {
        file.sync();
        file.letGo();
      }
      directories.forEach(DiskStore::sync);
    }
  }

  private static void write(
      Directory source, DiskStore store, List<DiskContent> files, List<DiskStore> directories)
      throws IOException {
    for (Node node : source.nodes()) {
      if (node instanceof Directory directory) {
        Path below = store.path().resolve(node.name());
        Files.createDirectories(below);
        write(directory, store.existingDirectory(node.name()), files, directories);
      } else if (node instanceof SymbolicLink link) {
        store.createSymbolicLink(node.name(), link.target());
      } else if (node instanceof RegularFile file && !store.hides(node.name())) {
        DiskContent written = store.createOnDisk(node.name());
        write(file, written);
        files.add(written);
      }
    }
    directories.add(store);
  }

  private static void write(RegularFile file, DiskContent target) throws IOException {
    byte[] buffer = new byte[MemoryContent.CHUNK];
    for (long at = 0; at < file.size(); at += buffer.length) {
      target.write(at, buffer, 0, file.read(at, buffer, 0, buffer.length));
    }
    target.letGo();
  }
}

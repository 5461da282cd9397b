package dev.zerolite.pglite.fs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The file system of one cluster: directories, files, symbolic links and devices, in memory unless
 * a directory has another store.
 *
 * <p>Not thread-safe on purpose: all processes of a cluster share the tree, and the interpreter
 * lock that lets one of them run at a time protects it too.
 */
public final class FileTree {
  /** What Linux follows before it answers ELOOP. */
  private static final int MAX_LINKS = 40;

  /** NAME_MAX of limits.h; struct dirent has no room for more. */
  private static final int NAME_MAX = 255;

  private static final Map<String, Device.Kind> DEVICES =
      Map.of(
          "null", Device.Kind.NULL,
          "zero", Device.Kind.ZERO,
          "random", Device.Kind.RANDOM,
          "urandom", Device.Kind.URANDOM,
          "tty", Device.Kind.TTY,
          "stdin", Device.Kind.STDIN,
          "stdout", Device.Kind.STDOUT,
          "stderr", Device.Kind.STDERR);

  private final Directory root;
  private long lastInode;

  /** Whether a part of the tree is on disk, and so outlives the rest. */
  private boolean isKept;

  /** An empty tree with /tmp, /dev and its devices. */
  public FileTree() {
    root = new Directory(++lastInode, 0755, new MemoryStore());
    root.place(root, "");
    makeDirectories("/tmp", 0777);
    makeDirectories("/dev/shm", 0777);
    Directory dev = directory("/dev");
    DEVICES.forEach((name, kind) -> dev.link(name, new Device(++lastInode, kind)));
  }

  private FileTree(FileTree source) {
    root = copy(source.root, new MemoryStore());
    root.place(root, "");
  }

  /**
   * An independent tree with the same files. The bytes are shared until one of the two writes, so
   * this costs little more than the names.
   *
   * @throws IllegalStateException if a part of the tree is not in memory
   */
  public FileTree copy() {
    return new FileTree(this);
  }

  private Directory copy(Directory source, MemoryStore store) {
    if (!(source.store() instanceof MemoryStore)) {
      throw new IllegalStateException(
          source.path() + " is not in memory and cannot be copied; copy the tree before mounting");
    }
    Directory copy = new Directory(nextInode(), source.mode(), store);
    for (Node node : source.nodes()) {
      Node twin;
      if (node instanceof Directory directory) {
        twin = copy(directory, store.createDirectory(node.name()));
      } else if (node instanceof RegularFile file) {
        twin =
            new RegularFile(
                nextInode(), file.mode(), store.createCopy(node.name(), file.content()));
      } else if (node instanceof SymbolicLink link) {
        twin = new SymbolicLink(nextInode(), link.target());
      } else if (node instanceof Device device) {
        twin = new Device(nextInode(), device.kind());
      } else {
        throw new AssertionError("a pipe has no name");
      }
      copy.link(node.name(), twin);
    }
    return copy;
  }

  /**
   * Puts a copy of another tree's directory in the place of a directory of this one, which is made
   * if it is not there. The bytes are shared until one of the two writes.
   */
  public void graft(String path, FileTree source, String sourcePath) {
    Directory place = makeDirectories(path, 0700);
    if (place == root) {
      throw new IllegalArgumentException("cannot graft onto the root");
    }
    if (!(place.store() instanceof MemoryStore store)) {
      throw new IllegalArgumentException(path + " is on disk: nothing is grafted there");
    }
    place.parent().link(place.name(), copy(source.directory(sourcePath), store));
  }

  public Directory root() {
    return root;
  }

  long nextInode() {
    return ++lastInode;
  }

  // ---- for the host: paths from the root ----

  /** The node at an absolute path, links followed; null if there is none. */
  public Node find(String path) {
    return locate(root, path, true).node();
  }

  /** The directory at an absolute path. */
  public Directory directory(String path) {
    Node node = find(path);
    if (node == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return asDirectory(node);
  }

  /** The whole content of the file at an absolute path. */
  public byte[] readFile(String path) {
    if (!(find(path) instanceof RegularFile file)) {
      throw new ErrnoException(Errno.ENOENT);
    }
    byte[] bytes = new byte[(int) file.size()];
    file.read(0, bytes, 0, bytes.length);
    return bytes;
  }

  /** Writes a file at an absolute path, making the directories above it; replaces an old one. */
  public RegularFile writeFile(String path, byte[] bytes, int permissions) {
    int slash = path.lastIndexOf('/');
    makeDirectories(path.substring(0, slash), 0755);
    Location location = locate(root, path, true);
    RegularFile file;
    if (location.node() == null) {
      file = createFile(location, permissions);
    } else if (location.node() instanceof RegularFile found) {
      file = found;
      file.truncate(0);
    } else {
      throw new ErrnoException(Errno.EEXIST);
    }
    file.write(0, bytes, 0, bytes.length);
    return file;
  }

  /** Removes the file or empty directory at an absolute path. */
  public void remove(String path) {
    Location location = locate(root, path, false);
    if (location.node() instanceof Directory) {
      removeDirectory(location);
    } else {
      removeFile(location);
    }
  }

  /** Makes the directory at an absolute path and all above it; existing ones stay as they are. */
  public Directory makeDirectories(String path, int permissions) {
    Directory directory = root;
    for (String name : path.split("/")) {
      if (!name.isEmpty()) {
        Location location = locate(directory, name, true);
        directory =
            location.node() == null
                ? createDirectory(location, permissions)
                : asDirectory(location.node());
      }
    }
    return directory;
  }

  /**
   * Puts a directory on disk in the place of a directory of this tree (made if it is not there,
   * hidden if it is). From now on nobody else may change what is in it.
   */
  public void mount(String path, Path directory) throws IOException {
    mount(path, directory, DiskOptions.plain());
  }

  /** Mounts as {@link #mount(String, Path)} does, with a say in how the disk is used. */
  public void mount(String path, Path directory, DiskOptions options) throws IOException {
    Directory place = makeDirectories(path, 0700);
    if (place == root) {
      throw new IllegalArgumentException("cannot mount over the root");
    }
    place.parent().link(place.name(), new TreeTransfer(this).existing(directory, options));
    isKept = true;
  }

  /**
   * Lets processes map the files of a directory, which begins anew.
   *
   * @param files those that are in the memory already
   */
  public void mount(String path, MappableMemory memory, List<MappableFile> files) {
    Directory place = makeDirectories(path, 0777);
    MappableStore store = new MappableStore(memory);
    Directory mapped = new Directory(nextInode(), 0777, store);
    for (MappableFile file : files) {
      RegularFile node = new RegularFile(nextInode(), 0600, store.existingFile(file));
      mapped.link(file.name(), node);
    }
    place.parent().link(place.name(), mapped);
  }

  /** The files of a directory that is mounted so, with a size. */
  public List<MappableFile> mappableFiles(String path) {
    List<MappableFile> files = new ArrayList<>();
    for (Node node : directory(path).nodes()) {
      if (node instanceof RegularFile file
          && file.size() > 0
          && file.content() instanceof MappableContent content) {
        files.add(new MappableFile(file.name(), content.address(), (int) file.size()));
      }
    }
    return files;
  }

  /** Closes the files of a mounted directory; the tree may not be used any more. */
  public void release(String path) {
    if (directory(path).store() instanceof DiskStore store) {
      store.close();
    }
  }

  /**
   * Writes the files below a directory of this tree to a directory on disk.
   *
   * @param without names in the directory itself that are left out
   * @param forced whether they shall be durable when this returns
   */
  public void extract(String path, Path target, Set<String> without, boolean forced)
      throws IOException {
    TreeTransfer.extract(directory(path), target, without, forced);
  }

  // ---- for ProcessFiles: paths from any directory ----

  /**
   * Where a path leads.
   *
   * @param directory the directory that holds the last name, null if the path ends in the root, "."
   *     or ".."
   * @param name the last name, null as above
   * @param node what is there, null if nothing
   */
  record Location(Directory directory, String name, Node node) {}

  Location locate(Directory start, String path, boolean followLast) {
    return locate(start, path, followLast, 0);
  }

  private Location locate(Directory start, String path, boolean followLast, int links) {
    if (path.isEmpty()) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (links > MAX_LINKS) {
      throw new ErrnoException(Errno.ELOOP);
    }
    Location here = new Location(null, null, path.startsWith("/") ? root : start);
    int end = path.length();
    int at = 0;
    while (at < end) {
      int slash = path.indexOf('/', at);
      String name = path.substring(at, slash < 0 ? end : slash);
      at = slash < 0 ? end : slash + 1;
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (here.node() == null) {
        throw new ErrnoException(Errno.ENOENT);
      }
      Directory directory = asDirectory(here.node());
      if (name.equals("..")) {
        Directory above = directory.parent();
        if (above == null) {
          throw new ErrnoException(Errno.ENOENT);
        }
        here = new Location(null, null, above);
        continue;
      }
      if (name.length() > NAME_MAX) {
        throw new ErrnoException(Errno.ENAMETOOLONG);
      }
      here = new Location(directory, name, directory.entry(name));
      if (here.node() instanceof SymbolicLink link && (followLast || slash >= 0)) {
        here = locate(directory, link.target(), true, links + 1);
      }
    }
    if (path.endsWith("/") && here.node() != null) {
      asDirectory(here.node());
    }
    return here;
  }

  private static Directory asDirectory(Node node) {
    if (node instanceof Directory directory) {
      return directory;
    }
    throw new ErrnoException(Errno.ENOTDIR);
  }

  /** The directory to put a new name into. */
  private static Directory holder(Location location) {
    Directory directory = location.directory();
    if (directory.path() == null) {
      throw new ErrnoException(Errno.ENOENT); // it was removed while a process still stood in it
    }
    return directory;
  }

  RegularFile createFile(Location location, int permissions) {
    Directory directory = holder(location);
    FileContent content = directory.store().createFile(location.name());
    RegularFile file = new RegularFile(nextInode(), permissions, content);
    directory.link(location.name(), file);
    return file;
  }

  /**
   * Makes a directory for a process. Beside a part of the tree that is on disk, directories in
   * memory refuse: PostgreSQL makes one there only for a tablespace
   * (create_tablespace_directories), whose tables would be gone at the next start.
   */
  void makeDirectory(Location location, int permissions) {
    requireFree(location);
    if (isKept && holder(location).store() instanceof MemoryStore) {
      throw new ErrnoException(Errno.EPERM);
    }
    createDirectory(location, permissions);
  }

  private Directory createDirectory(Location location, int permissions) {
    requireFree(location);
    Directory directory = holder(location);
    DirectoryStore store = directory.store().createDirectory(location.name());
    Directory created = new Directory(nextInode(), permissions, store);
    directory.link(location.name(), created);
    return created;
  }

  void createSymbolicLink(Location location, String target) {
    requireFree(location);
    Directory directory = holder(location);
    directory.store().createSymbolicLink(location.name(), target);
    directory.link(location.name(), new SymbolicLink(nextInode(), target));
  }

  private static void requireFree(Location location) {
    if (location.node() != null) {
      throw new ErrnoException(Errno.EEXIST);
    }
  }

  void removeFile(Location location) {
    if (location.node() == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (location.node() instanceof Directory) {
      throw new ErrnoException(Errno.EISDIR);
    }
    remove(location);
  }

  void removeDirectory(Location location) {
    if (location.node() == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (location.directory() == null) {
      throw new ErrnoException(Errno.EBUSY);
    }
    if (!asDirectory(location.node()).isEmpty()) {
      throw new ErrnoException(Errno.ENOTEMPTY);
    }
    remove(location);
  }

  private static void remove(Location location) {
    location.directory().store().delete(location.node());
    location.directory().unlink(location.node());
  }

  void rename(Location from, Location to) {
    Node moved = from.node();
    if (moved == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    if (from.directory() == null || to.directory() == null) {
      throw new ErrnoException(Errno.EBUSY);
    }
    Node replaced = to.node();
    if (replaced == moved) {
      return;
    }
    checkReplacement(moved, replaced);
    if (moved instanceof Directory directory && isInside(to.directory(), directory)) {
      throw new ErrnoException(Errno.EINVAL);
    }
    Directory target = holder(to);
    DirectoryStore store = from.directory().store();
    if (!store.canMoveTo(target.store())) {
      throw new ErrnoException(Errno.EXDEV);
    }
    store.rename(moved, target.store(), to.name(), replaced);
    if (replaced != null) {
      target.unlink(replaced);
    }
    from.directory().unlink(moved);
    target.link(to.name(), moved);
  }

  private static void checkReplacement(Node moved, Node replaced) {
    if (replaced instanceof Directory directory) {
      if (!(moved instanceof Directory)) {
        throw new ErrnoException(Errno.EISDIR);
      }
      if (!directory.isEmpty()) {
        throw new ErrnoException(Errno.ENOTEMPTY);
      }
    } else if (replaced != null && moved instanceof Directory) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
  }

  private static boolean isInside(Directory directory, Directory possibleAncestor) {
    for (Directory d = directory; d != null; d = d.parent()) {
      if (d == possibleAncestor) {
        return true;
      }
      if (d.parent() == d) {
        return false;
      }
    }
    return false;
  }
}

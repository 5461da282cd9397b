package dev.zerolite.pglite.fs;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A process's view of a tree: its descriptors and its working directory. Paths are relative to the
 * working directory or to an open directory, as in openat(2).
 */
public final class ProcessFiles {
  /** AT_FDCWD of fcntl.h: paths start at the working directory. */
  public static final int AT_FDCWD = -100;

  private final FileTree tree;
  private final List<OpenFile> descriptors = new ArrayList<>();
  private final Map<Integer, Deque<OpenFile>> mappings = new HashMap<>();
  private Directory workingDirectory;

  /** A process in the root directory with the three standard descriptors open. */
  public ProcessFiles(FileTree tree) {
    this.tree = requireNonNull(tree);
    workingDirectory = tree.root();
    open(AT_FDCWD, "/dev/stdin", 0, 0);
    open(AT_FDCWD, "/dev/stdout", OpenFlags.WRONLY, 0);
    open(AT_FDCWD, "/dev/stderr", OpenFlags.WRONLY, 0);
  }

  /**
   * A process that begins in another one's working directory, without its descriptors. What the
   * parent has mapped the child sees too, for as long as the parent does.
   */
  public ProcessFiles(ProcessFiles parent) {
    this(parent.tree);
    workingDirectory = parent.workingDirectory;
  }

  public FileTree tree() {
    return tree;
  }

  // ---- descriptors ----

  /** The file behind a descriptor; EBADF if there is none. */
  public OpenFile file(int descriptor) {
    OpenFile file =
        descriptor >= 0 && descriptor < descriptors.size() ? descriptors.get(descriptor) : null;
    if (file == null) {
      throw new ErrnoException(Errno.EBADF);
    }
    return file;
  }

  /** The regular file behind a descriptor; EINVAL if it is something else. */
  public RegularFile regularFile(int descriptor) {
    if (file(descriptor).node() instanceof RegularFile file) {
      return file;
    }
    throw new ErrnoException(Errno.EINVAL);
  }

  public int open(int directory, String path, int flags, int permissions) {
    boolean follow = (flags & OpenFlags.NOFOLLOW) == 0;
    FileTree.Location location = tree.locate(start(directory, path), path, follow);
    Node node = location.node();
    if (node == null) {
      if ((flags & OpenFlags.CREAT) == 0 || path.endsWith("/")) {
        throw new ErrnoException(Errno.ENOENT);
      }
      node = tree.createFile(location, permissions);
    } else {
      checkOpen(node, flags);
      if (node instanceof RegularFile file && (flags & OpenFlags.TRUNC) != 0) {
        file.truncate(0);
      }
    }
    return add(new OpenFile(node, flags), 0);
  }

  private static void checkOpen(Node node, int flags) {
    if ((flags & OpenFlags.CREAT) != 0 && (flags & OpenFlags.EXCL) != 0) {
      throw new ErrnoException(Errno.EEXIST);
    }
    if (node instanceof SymbolicLink) {
      throw new ErrnoException(Errno.ELOOP);
    }
    if (node instanceof Directory) {
      if ((flags & (OpenFlags.ACCESS_MODE | OpenFlags.TRUNC)) != 0) {
        throw new ErrnoException(Errno.EISDIR);
      }
    } else if ((flags & OpenFlags.DIRECTORY) != 0) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
  }

  public void close(int descriptor) {
    file(descriptor).release();
    descriptors.set(descriptor, null);
  }

  /** Closes every descriptor from that one on. */
  public void closeFrom(int lowest) {
    for (int i = lowest; i < descriptors.size(); i++) {
      if (descriptors.get(i) != null) {
        close(i);
      }
    }
  }

  /** Closes and unmaps everything, as the end of a process does. */
  public void closeAll() {
    closeFrom(0);
    mappings.values().forEach(files -> files.forEach(OpenFile::release));
    mappings.clear();
  }

  // ---- memory (mmap with MAP_SHARED) ----

  /** Whether the file behind a descriptor is in memory that can be mapped. */
  public boolean isMappable(int descriptor) {
    return regularFile(descriptor).content() instanceof MappableContent;
  }

  /**
   * Maps the file behind a descriptor, which must be {@link #isMappable mappable}; it lives on
   * until it is unmapped.
   *
   * @return the address of its byte at that offset
   */
  public int map(int descriptor, int offset) {
    OpenFile file = file(descriptor);
    int address = ((MappableContent) regularFile(descriptor).content()).address() + offset;
    OpenFile mapping = new OpenFile(file.node(), file.flags());
    mapping.refer();
    mappings.computeIfAbsent(address, unused -> new ArrayDeque<>()).push(mapping);
    return address;
  }

  /** Undoes one {@link #map}; another address than it returned is no mistake. */
  public void unmap(int address) {
    Deque<OpenFile> files = mappings.get(address);
    if (files != null) {
      files.pop().release();
      if (files.isEmpty()) {
        mappings.remove(address);
      }
    }
  }

  // ---- more descriptors ----

  /** Duplicates a descriptor to the lowest free one that is not below {@code lowest}. */
  public int duplicate(int descriptor, int lowest) {
    return add(file(descriptor), lowest);
  }

  /** Duplicates a descriptor to a given number, closing what was there. */
  public int duplicateTo(int descriptor, int target) {
    OpenFile file = file(descriptor);
    if (target < 0) {
      throw new ErrnoException(Errno.EBADF);
    }
    file.refer();
    while (descriptors.size() <= target) {
      descriptors.add(null);
    }
    if (descriptors.get(target) != null) {
      close(target);
    }
    descriptors.set(target, file);
    return target;
  }

  /** Makes a pipe; the first descriptor is the reading end. */
  public int[] pipe() {
    Pipe pipe = new Pipe(tree.nextInode());
    int flags = OpenFlags.NONBLOCK;
    return new int[] {
      add(new OpenFile(pipe, flags), 0), add(new OpenFile(pipe, flags | OpenFlags.WRONLY), 0)
    };
  }

  private int add(OpenFile file, int lowest) {
    int free = lowest;
    while (free < descriptors.size() && descriptors.get(free) != null) {
      free++;
    }
    while (descriptors.size() <= free) {
      descriptors.add(null);
    }
    file.refer();
    descriptors.set(free, file);
    return free;
  }

  // ---- paths ----

  /** The node at a path; ENOENT if there is none. */
  public Node lookup(int directory, String path, boolean followLast) {
    Node node = tree.locate(start(directory, path), path, followLast).node();
    if (node == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return node;
  }

  /** The node behind a descriptor, or the working directory for {@link #AT_FDCWD}. */
  public Node nodeOf(int descriptor) {
    return descriptor == AT_FDCWD ? workingDirectory : file(descriptor).node();
  }

  public String workingDirectory() {
    String path = workingDirectory.path();
    if (path == null) {
      throw new ErrnoException(Errno.ENOENT);
    }
    return path;
  }

  public void changeDirectory(String path) {
    if (!(lookup(AT_FDCWD, path, true) instanceof Directory directory)) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    workingDirectory = directory;
  }

  public void makeDirectory(int directory, String path, int permissions) {
    tree.makeDirectory(tree.locate(start(directory, path), path, false), permissions);
  }

  public void unlink(int directory, String path) {
    tree.removeFile(tree.locate(start(directory, path), path, false));
  }

  public void removeDirectory(int directory, String path) {
    tree.removeDirectory(tree.locate(start(directory, path), path, false));
  }

  public void rename(int fromDirectory, String from, int toDirectory, String to) {
    tree.rename(
        tree.locate(start(fromDirectory, from), from, false),
        tree.locate(start(toDirectory, to), to, false));
  }

  public void makeSymbolicLink(String target, int directory, String path) {
    tree.createSymbolicLink(tree.locate(start(directory, path), path, false), target);
  }

  private Directory start(int directory, String path) {
    if (path.startsWith("/") || directory == AT_FDCWD) {
      return workingDirectory;
    }
    if (file(directory).node() instanceof Directory start) {
      return start;
    }
    throw new ErrnoException(Errno.ENOTDIR);
  }
}

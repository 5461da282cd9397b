package dev.zerolite.pglite.fs;

/**
 * What a name in the tree stands for.
 *
 * <p>A node has at most one name: hard links are not supported (PostgreSQL makes none). A node that
 * was unlinked lives on for as long as descriptors refer to it.
 */
public abstract sealed class Node permits Directory, RegularFile, SymbolicLink, Device, Pipe {
  // File types of sys/stat.h.
  static final int S_IFIFO = 0010000;
  static final int S_IFCHR = 0020000;
  static final int S_IFDIR = 0040000;
  static final int S_IFREG = 0100000;
  static final int S_IFLNK = 0120000;
  private static final int PERMISSION_MASK = 07777;

  private final long inode;
  private int permissions;
  private long modifiedMillis = System.currentTimeMillis();

  /** The directory that holds this node, null when it is unlinked; the root is its own parent. */
  private Directory parent;

  private String name = "";

  Node(long inode, int permissions) {
    this.inode = inode;
    this.permissions = permissions & PERMISSION_MASK;
  }

  abstract int type();

  /** The size that stat(2) tells, in bytes. */
  public abstract long size();

  public final long inode() {
    return inode;
  }

  /** File type and permissions, as in {@code st_mode}. */
  public final int mode() {
    return type() | permissions;
  }

  public final void setPermissions(int permissions) {
    this.permissions = permissions & PERMISSION_MASK;
  }

  public final long modifiedMillis() {
    return modifiedMillis;
  }

  /** Sets the time of the last modification to now. */
  public final void touch() {
    modifiedMillis = System.currentTimeMillis();
  }

  final Directory parent() {
    return parent;
  }

  final String name() {
    return name;
  }

  final void place(Directory newParent, String newName) {
    parent = newParent;
    name = newName;
  }

  /** The absolute path, or null if this node or a directory above it was removed. */
  public final String path() {
    if (parent == this) {
      return "/";
    }
    if (parent == null) {
      return null;
    }
    String above = parent.path();
    return above == null ? null : above.equals("/") ? "/" + name : above + "/" + name;
  }
}

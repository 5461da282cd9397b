package dev.zerolite.pglite.fs;

import java.util.List;

/**
 * An open file description: what descriptors made by dup(2) share. It keeps its node usable after
 * the node was unlinked.
 */
public final class OpenFile {
  private final Node node;
  private int flags;
  private long position;

  /** How many descriptors refer to this. */
  private int references;

  /** A directory's names as they were when reading began; null before that. */
  private List<String> listing;

  OpenFile(Node node, int flags) {
    this.node = node;
    this.flags = flags;
  }

  void refer() {
    if (references++ == 0 && node instanceof RegularFile file) {
      file.content().opened();
    }
  }

  void release() {
    if (--references == 0 && node instanceof RegularFile file) {
      file.content().closed();
    }
  }

  public Node node() {
    return node;
  }

  /** The flags of open(2), see {@link OpenFlags}. */
  public int flags() {
    return flags;
  }

  public void setFlags(int flags) {
    this.flags = flags;
  }

  public boolean appends() {
    return (flags & OpenFlags.APPEND) != 0;
  }

  public long position() {
    return position;
  }

  public void setPosition(long position) {
    this.position = position;
    if (position == 0) {
      listing = null; // rewinddir(3) looks at the directory afresh
    }
  }

  /**
   * The names in the directory, "." and ".." included, frozen when reading began: PostgreSQL
   * removes files while it reads a directory.
   */
  public List<String> listing() {
    if (!(node instanceof Directory directory)) {
      throw new ErrnoException(Errno.ENOTDIR);
    }
    if (listing == null) {
      List<String> names = directory.names();
      names.addAll(0, List.of(".", ".."));
      listing = names;
    }
    return listing;
  }
}

package dev.zerolite.pglite.fs;

/**
 * Where a directory of the tree keeps its files. The tree checks POSIX's rules and remembers the
 * names; the store only does what it is told, before the tree changes its own picture. It reports
 * failure by {@link ErrnoException}.
 */
interface DirectoryStore {
  FileContent createFile(String name);

  DirectoryStore createDirectory(String name);

  void createSymbolicLink(String name, String target);

  /** Removes a file, a link or an empty directory. A file's content stays usable. */
  void delete(Node node);

  /** True if {@link #rename} can move entries to that store. */
  boolean canMoveTo(DirectoryStore target);

  /**
   * Moves an entry, atomically.
   *
   * @param replaced what has that name in the target directory until now, or null
   */
  void rename(Node moved, DirectoryStore target, String newName, Node replaced);

  void sync();
}

package dev.zerolite.pglite.fs;

/**
 * Where a directory of the tree keeps its files. The tree checks POSIX's rules and remembers the
 * names; the store only does what it is told, before the tree changes its own picture.
 */
interface DirectoryStore {
  FileContent createFile(String name);

  DirectoryStore createDirectory(String name);

  void createSymbolicLink(String name, String target);

  /** Removes a file, a link or an empty directory. Open contents stay usable. */
  void delete(String name);

  /** True if {@link #rename} can move entries to that store. */
  boolean canMoveTo(DirectoryStore target);

  /**
   * Moves an entry, replacing what is there, atomically.
   *
   * @param moved the store of the moved node if it is a directory, else null
   */
  void rename(String name, DirectoryStore target, String newName, DirectoryStore moved);

  void sync();
}

package dev.zerolite.pglite.fs;

/** Keeps files on the heap. The tree itself holds the nodes, so there is little left to do. */
final class MemoryStore implements DirectoryStore {
  @Override
  public FileContent createFile(String name) {
    return new MemoryContent();
  }

  @Override
  public DirectoryStore createDirectory(String name) {
    return this;
  }

  @Override
  public void createSymbolicLink(String name, String target) {}

  @Override
  public void delete(String name) {}

  @Override
  public boolean canMoveTo(DirectoryStore target) {
    return target instanceof MemoryStore;
  }

  @Override
  public void rename(String name, DirectoryStore target, String newName, DirectoryStore moved) {}

  @Override
  public void sync() {}
}

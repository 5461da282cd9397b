package dev.zerolite.pglite.fs;

/** Keeps files on the heap. The tree itself holds the nodes, so there is little left to do. */
final class MemoryStore implements DirectoryStore {
  private final HeapReserve heap = new HeapReserve();

  @Override
  public FileContent createFile(String name) {
    return new MemoryContent(heap);
  }

  /** A file of chunks that may be others' too. */
  FileContent createFile(byte[][] chunks, long size) {
    return MemoryContent.ofShared(heap, chunks, size);
  }

  @Override
  public DirectoryStore createDirectory(String name) {
    return this;
  }

  @Override
  public void createSymbolicLink(String name, String target) {}

  @Override
  public void delete(Node node) {}

  @Override
  public boolean canMoveTo(DirectoryStore target) {
    return target instanceof MemoryStore;
  }

  @Override
  public void rename(Node moved, DirectoryStore target, String newName, Node replaced) {}

  @Override
  public void sync() {}
}

package dev.zerolite.pglite.fs;

import static java.util.Objects.requireNonNull;

/** Keeps files in memory that processes can map: what /dev/shm is. It has no subdirectories. */
final class MappableStore implements DirectoryStore {
  private final MappableMemory memory;

  MappableStore(MappableMemory memory) {
    this.memory = requireNonNull(memory);
  }

  @Override
  public FileContent createFile(String name) {
    return new MappableContent(memory);
  }

  FileContent existingFile(MappableFile file) {
    return new MappableContent(memory, file.address(), file.size());
  }

  @Override
  public DirectoryStore createDirectory(String name) {
    throw new ErrnoException(Errno.EPERM);
  }

  @Override
  public void createSymbolicLink(String name, String target) {
    throw new ErrnoException(Errno.EPERM);
  }

  @Override
  public void delete(Node node) {
    if (node instanceof RegularFile file && file.content() instanceof MappableContent content) {
      content.nameLost();
    }
  }

  @Override
  public boolean canMoveTo(DirectoryStore target) {
    return target == this;
  }

  @Override
  public void rename(Node moved, DirectoryStore target, String newName, Node replaced) {
    if (replaced != null) {
      delete(replaced);
    }
  }

  @Override
  public void sync() {}
}

package dev.zerolite.pglite.fs;

/**
 * Keeps files on the heap. The tree itself holds the nodes, so there is little left to do but to
 * know what PostgreSQL keeps where, by the names of its directories (storage-page layout, "Database
 * File Layout").
 */
final class MemoryStore implements DirectoryStore {
  private enum Kind {
    /** Tables: one that cannot grow is an error of one statement. */
    TABLES,
    /** WAL that cannot be written is a panic; it is written in order and hardly ever read. */
    WAL,
    /** Replication slots, with the transactions that decoding has put aside. */
    SLOTS,
    OTHER;

    static Kind of(String directory) {
      return switch (directory) {
        case "base", "pg_tblspc" -> TABLES;
        case "pg_wal" -> WAL;
        case "pg_replslot" -> SLOTS;
        default -> OTHER;
      };
    }
  }

  private final Kind kind;
  private final HeapReserve heap;
  private final Packing packing;

  /** For a tree's root. */
  MemoryStore() {
    this(Kind.OTHER, new HeapReserve(), new Packing());
  }

  private MemoryStore(Kind kind, HeapReserve heap, Packing packing) {
    this.kind = kind;
    this.heap = heap;
    this.packing = packing;
  }

  @Override
  public FileContent createFile(String name) {
    return new MemoryContent(usage(name));
  }

  /** A file of chunks that may be others' too. */
  FileContent createFile(String name, byte[][] chunks, long size) {
    return MemoryContent.ofShared(usage(name), chunks, size);
  }

  /** A file with the same bytes as another store's, shared until one of the two is written to. */
  FileContent createCopy(String name, FileContent source) {
    if (!(source instanceof MemoryContent content)) {
      throw new IllegalStateException(name + " is not in memory and cannot be copied");
    }
    return content.copy(usage(name));
  }

  private MemoryUsage usage(String name) {
    boolean spilled = kind == Kind.SLOTS && name.endsWith(".spill"); // reorderbuffer.c
    boolean mayFail = spilled || kind == Kind.TABLES && !name.startsWith("pg_internal.init");
    return new MemoryUsage(heap, mayFail, packing, spilled || kind == Kind.WAL);
  }

  @Override
  public MemoryStore createDirectory(String name) {
    return new MemoryStore(kind == Kind.OTHER ? Kind.of(name) : kind, heap, packing);
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

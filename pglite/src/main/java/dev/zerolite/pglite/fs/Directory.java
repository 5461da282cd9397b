package dev.zerolite.pglite.fs;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/** A directory; its entries are sorted so that listings are the same on every machine. */
public final class Directory extends Node {
  /** Linux tells 4096 for a small directory; nobody computes with it. */
  private static final long NOMINAL_SIZE = 4096;

  private final TreeMap<String, Node> entries = new TreeMap<>();
  private DirectoryStore store;

  Directory(long inode, int permissions, DirectoryStore store) {
    super(inode, permissions);
    this.store = store;
  }

  @Override
  int type() {
    return S_IFDIR;
  }

  @Override
  public long size() {
    return NOMINAL_SIZE;
  }

  DirectoryStore store() {
    return store;
  }

  void setStore(DirectoryStore store) {
    this.store = store;
  }

  /** The names in this directory, as they are now. */
  public List<String> names() {
    return new ArrayList<>(entries.keySet());
  }

  /** The entry of that name, or null. */
  public Node entry(String name) {
    return entries.get(name);
  }

  Collection<Node> nodes() {
    return entries.values();
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  void link(String name, Node node) {
    node.place(this, name);
    entries.put(name, node);
    touch();
  }

  void unlink(Node node) {
    entries.remove(node.name());
    node.place(null, node.name());
    touch();
  }

  /** Makes the entries durable (fsync on a directory). */
  public void sync() {
    store.sync();
  }
}

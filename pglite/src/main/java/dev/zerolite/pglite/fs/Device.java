package dev.zerolite.pglite.fs;

/**
 * A character device. The tree only knows that it is there; the host gives it its meaning, since a
 * console belongs to a process and the tree is shared.
 */
public final class Device extends Node {
  /** The devices under /dev. */
  public enum Kind {
    NULL,
    ZERO,
    RANDOM,
    URANDOM,
    TTY,
    STDIN,
    STDOUT,
    STDERR
  }

  private final Kind kind;

  Device(long inode, Kind kind) {
    super(inode, 0666);
    this.kind = kind;
  }

  @Override
  int type() {
    return S_IFCHR;
  }

  @Override
  public long size() {
    return 0;
  }

  public Kind kind() {
    return kind;
  }
}

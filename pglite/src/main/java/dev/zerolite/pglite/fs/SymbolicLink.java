package dev.zerolite.pglite.fs;

import java.nio.charset.StandardCharsets;

/** A symbolic link; PostgreSQL has them for table spaces. */
public final class SymbolicLink extends Node {
  private final String target;

  SymbolicLink(long inode, String target) {
    super(inode, 0777);
    this.target = target;
  }

  @Override
  int type() {
    return S_IFLNK;
  }

  @Override
  public long size() {
    return target.getBytes(StandardCharsets.UTF_8).length;
  }

  /** The path it stands for, relative to its own directory unless it begins with a slash. */
  public String target() {
    return target;
  }
}

package dev.zerolite.pglite.fs;

/** The flags of open(2) with the values of emscripten's {@code fcntl.h}. */
public final class OpenFlags {
  public static final int WRONLY = 01;
  public static final int RDWR = 02;
  public static final int ACCESS_MODE = 03;
  public static final int CREAT = 0100;
  public static final int EXCL = 0200;
  public static final int TRUNC = 01000;
  public static final int APPEND = 02000;
  public static final int NONBLOCK = 04000;
  public static final int DIRECTORY = 0200000;
  public static final int NOFOLLOW = 0400000;

  private OpenFlags() {}
}

package dev.zerolite.pglite.fs;

/**
 * The error numbers that the file system answers with, as emscripten's {@code errno.h} has them
 * (WASI's numbering, {@code __WASI_ERRNO_*} in {@code wasi/api.h}; they are not Linux's).
 */
public enum Errno {
  EACCES(2),
  EAGAIN(6),
  EBADF(8),
  EBUSY(10),
  EDQUOT(19),
  EEXIST(20),
  EFBIG(22),
  EINVAL(28),
  EIO(29),
  EISDIR(31),
  ELOOP(32),
  EMFILE(33),
  EMLINK(34),
  ENAMETOOLONG(37),
  ENOENT(44),
  ENOMEM(48),
  ENOSPC(51),
  ENOSYS(52),
  ENOTDIR(54),
  ENOTEMPTY(55),
  ENOTTY(59),
  EPERM(63),
  ERANGE(68),
  EROFS(69),
  ESPIPE(70),
  EXDEV(75);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  /** The positive number that C code finds in {@code errno}. */
  public int number() {
    return number;
  }
}

package dev.zerolite.pglite.fs;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Finds the errno behind an IOException: Java tells only a few apart by their class. */
final class DiskFailure {
  /** Less than this is left on a full device: a page that does not fit, and what others freed. */
  private static final long FULL = 64 << 10;

  private DiskFailure() {}

  /**
   * The failure as programs see it.
   *
   * @param near the file or a directory on the same device
   */
  static ErrnoException of(IOException failure, Path near) {
    return new ErrnoException(errno(failure, near), failure);
  }

  private static Errno errno(IOException failure, Path near) {
    if (failure instanceof NoSuchFileException) {
      return Errno.ENOENT;
    }
    if (failure instanceof AccessDeniedException) {
      return Errno.EACCES;
    }
    if (failure instanceof FileAlreadyExistsException) {
      return Errno.EEXIST;
    }
    // strerror(3)'s texts; where they are translated, the device is asked.
    String message = String.valueOf(failure.getMessage());
    if (message.contains("No space left") || message.contains("not enough space")) {
      return Errno.ENOSPC;
    }
    if (message.contains("quota")) {
      return Errno.EDQUOT;
    }
    if (message.contains("Read-only file system")) {
      return Errno.EROFS;
    }
    if (message.contains("Too many open files")) {
      return Errno.EMFILE;
    }
    return isFull(near) ? Errno.ENOSPC : Errno.EIO;
  }

  private static boolean isFull(Path near) {
    for (Path path = near; path != null; path = path.getParent()) {
      try {
        return Files.getFileStore(path).getUsableSpace() < FULL;
      } catch (IOException e) {
        // it is gone: ask the directory above
      }
    }
    return false;
  }
}

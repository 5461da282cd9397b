package dev.zerolite.s3.awssdk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a directory for one store at a time, since a second one would take the first one's incoming
 * bytes for leftovers. The operating system drops the lock with the process, however it ends.
 */
final class DirectoryLock implements AutoCloseable {
  private static final String NAME = ".lock";

  private final FileChannel file;

  private DirectoryLock(FileChannel file) {
    this.file = file;
  }

  static DirectoryLock take(Path directory) throws IOException {
    var path = directory.resolve(NAME);
    var file =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      // What is in memory belongs to this process alone, and cannot be locked.
      taken = directory.getFileSystem() != FileSystems.getDefault() || file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // by another store of this process
    } finally {
      if (!taken) {
        file.close();
      }
    }
    if (!taken) {
      throw new IOException(
          "%s is in use by another zerolite, process %s. Stop that one, choose another directory with s3.directory in zerolite.yaml, or leave S3 out with --no-s3."
              .formatted(directory, Files.readString(path).strip()));
    }
    var pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
    file.truncate(0).write(ByteBuffer.wrap(pid), 0);
    return new DirectoryLock(file);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

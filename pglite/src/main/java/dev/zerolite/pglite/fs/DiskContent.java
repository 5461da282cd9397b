package dev.zerolite.pglite.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The bytes of a file on disk, read and written in place. */
final class DiskContent implements FileContent {
  private static final long MAX_SIZE = Integer.MAX_VALUE;

  private final DiskChannels channels;
  private DiskStore directory;
  private String name;
  private long size;

  /** How many open file descriptions refer to this. */
  private int users;

  /** Set when the file has lost its name while somebody used it. */
  private FileChannel pinned;

  DiskContent(DiskChannels channels, DiskStore directory, String name, long size) {
    this.channels = channels;
    this.directory = directory;
    this.name = name;
    this.size = size;
  }

  Path path() {
    return directory.path(name);
  }

  void moved(DiskStore newDirectory, String newName) {
    directory = newDirectory;
    name = newName;
  }

  @Override
  public void opened() {
    users++;
  }

  @Override
  public void closed() {
    if (--users == 0 && pinned != null) {
      try {
        pinned.close();
      } catch (IOException e) {
        throw new ErrnoException(Errno.EIO, e);
      }
    }
  }

  /** Closes the channel; it is opened again when needed. */
  void letGo() throws IOException {
    channels.close(this);
  }

  /** The file is about to lose its name; whoever has it open goes on using it. */
  void nameLost() {
    try {
      if (users > 0) {
        pinned = channels.remove(this);
      } else {
        letGo();
      }
    } catch (IOException e) {
      throw new ErrnoException(Errno.EIO, e);
    }
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(long position, byte[] target, int offset, int length) {
    if (position >= size) {
      return 0;
    }
    int count = (int) Math.min(length, size - position);
    run(
        channel -> {
          ByteBuffer buffer = ByteBuffer.wrap(target, offset, count);
          while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position() - offset) < 0) {
              throw new IOException(path() + " was cut by somebody else");
            }
          }
        });
    return count;
  }

  @Override
  public void write(long position, byte[] source, int offset, int length) {
    if (length == 0) {
      return;
    }
    long end = position + length;
    requireFit(end);
    run(
        channel -> {
          ByteBuffer buffer = ByteBuffer.wrap(source, offset, length);
          while (buffer.hasRemaining()) {
            channel.write(buffer, position + buffer.position() - offset);
          }
        });
    size = Math.max(size, end);
  }

  @Override
  public void truncate(long newSize) {
    requireFit(newSize);
    run(
        channel -> {
          if (newSize < size) {
            channel.truncate(newSize);
          } else if (newSize > size) {
            channel.write(ByteBuffer.allocate(1), newSize - 1);
          }
        });
    size = newSize;
  }

  private static void requireFit(long end) {
    if (end > MAX_SIZE) {
      throw new ErrnoException(Errno.EFBIG);
    }
  }

  @Override
  public void sync() {
    run(channel -> channel.force(false));
  }

  @Override
  public FileContent copy() {
    throw new IllegalStateException(path() + " is on disk and is not copied");
  }

  private interface Action {
    void run(FileChannel channel) throws IOException;
  }

  /**
   * Runs an action that may be repeated. Interrupting a thread closes the channel that it is using:
   * here the file is opened again, and the interrupt is left to whoever waits next.
   */
  private void run(Action action) {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          action.run(pinned != null ? pinned : channels.of(this));
          return;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
          if (pinned != null) {
            throw new ErrnoException(Errno.EIO, e); // it has no name to be opened by
          }
        }
      }
    } catch (IOException e) {
      throw new ErrnoException(Errno.EIO, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

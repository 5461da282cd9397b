package dev.zerolite.pglite.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The bytes of a file on disk, read and written in place. */
final class DiskContent implements FileContent {
  private static final long MAX_SIZE = Integer.MAX_VALUE;

  /**
   * Files may always grow to this: TRUNCATE and VACUUM, which give space back, first make small
   * ones.
   */
  private static final long SMALL = 64 << 10;

  private final DiskVolume volume;
  private DiskStore directory;
  private String name;
  private long size;

  /** Whether this is the file that vouches for all others; the name says so. */
  private boolean seal;

  /** Whether it must leave the reserve alone when it grows; so says the name, too. */
  private boolean growing;

  /** How many open file descriptions refer to this. */
  private int users;

  /** Set when the file has lost its name while somebody used it. */
  private FileChannel pinned;

  DiskContent(DiskVolume volume, DiskStore directory, String name, long size) {
    this.volume = volume;
    this.directory = directory;
    this.name = name;
    this.size = size;
    lookAtName();
  }

  Path path() {
    return directory.path(name);
  }

  boolean isSeal() {
    return seal;
  }

  boolean isScratch() {
    return directory.isScratch();
  }

  void moved(DiskStore newDirectory, String newName) {
    directory = newDirectory;
    name = newName;
    lookAtName();
  }

  private void lookAtName() {
    seal = directory.isSeal(name);
    growing = directory.isGrowing(name);
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
    volume.close(this);
  }

  /** The file is about to lose its name; whoever has it open goes on using it. */
  void nameLost() {
    volume.settled(this);
    try {
      if (users > 0) {
        pinned = volume.remove(this);
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
    requireRoom(end);
    change(
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
    requireRoom(newSize);
    change(
        channel -> {
          if (newSize < size) {
            channel.truncate(newSize);
          } else if (newSize > size) {
            channel.write(ByteBuffer.allocate(1), newSize - 1);
          }
        });
    size = newSize;
  }

  /** Writes the zeros, so that the device has room for them or says now that it has not. */
  @Override
  public void allocate(long end) {
    byte[] zeros = new byte[MemoryContent.CHUNK];
    while (size < end) {
      write(size, zeros, 0, (int) Math.min(zeros.length, end - size));
    }
  }

  /**
   * Changes bytes or size. A change that fails half-way leaves the file as long as it was: what
   * lies beyond the size that is told must read as zeros when the file grows again.
   */
  private void change(Action action) {
    if (pinned == null) {
      volume.changing(this);
    }
    try {
      run(action);
    } catch (ErrnoException e) {
      try {
        run(
            channel -> {
              if (channel.size() > size) {
                channel.truncate(size);
              }
            });
      } catch (ErrnoException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  private static void requireFit(long end) {
    if (end > MAX_SIZE) {
      throw new ErrnoException(Errno.EFBIG);
    }
  }

  private void requireRoom(long end) {
    if (end > SMALL && end > size && growing) {
      volume.options().reserve().take(end - size);
    }
  }

  @Override
  public void sync() {
    if (volume.options().forced()) {
      run(channel -> channel.force(false));
      volume.settled(this);
    }
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
          action.run(pinned != null ? pinned : volume.of(this));
          return;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
          if (pinned != null) {
            throw new ErrnoException(Errno.EIO, e); // it has no name to be opened by
          }
        }
      }
    } catch (IOException e) {
      throw DiskFailure.of(e, path());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

package dev.zerolite.pglite.directory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a directory for one cluster at a time: two that write to the same files corrupt them within
 * seconds.
 *
 * <p>What counts is the operating system's lock on the file, which ends with the process however
 * that ends: a file that was left behind never stops a start. Its content, the holder's pid and
 * start time, is for the message, and for file systems that know no locks: a pid that has been
 * given to another process since has another start time.
 *
 * <p><b>Nobody else in this process may open the file</b>: POSIX drops a process's locks on a file
 * when the process closes any descriptor of it. Hence the tree hides the file from PostgreSQL, and
 * the directories that are locked are remembered here.
 */
final class DirectoryLock implements AutoCloseable {
  static final String NAME = "zerolite.lock";

  /** SQLSTATE lock_file_exists. */
  private static final String LOCK_FILE_EXISTS = "F0001";

  /** Locks are mandatory on Windows: beyond the text, so that others can read it. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  /**
   * The one thing that all clusters of a process share. It stands for what the operating system
   * does not tell: that the lock is held by this very process.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;
  private final Path key;
  private final Object identity;

  private DirectoryLock(Path file, FileChannel channel, Path key) throws IOException {
    this.file = file;
    this.channel = channel;
    this.key = key;
    this.identity = identity(file);
  }

  /**
   * Takes the lock on an existing directory.
   *
   * @throws DataDirectoryException if somebody has it
   */
  static DirectoryLock take(Path directory) throws DataDirectoryException, IOException {
    Path key = directory.toRealPath();
    if (!HELD.add(key)) {
      throw refused(directory, "another cluster of this process");
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      Path file = directory.resolve(NAME);
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      Holder holder = Holder.read(channel);
      if (!lock(channel, holder)) {
        throw refused(directory, holder.describe());
      }
      Holder.ofThisProcess().write(channel);
      taken = true;
      return new DirectoryLock(file, channel, key);
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        HELD.remove(key);
      }
    }
  }

  private static boolean lock(FileChannel channel, Holder holder) {
    try {
      FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false);
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // by a cluster of another class loader
    } catch (IOException e) {
      return !holder.isAlive(); // no locks here
    }
  }

  private static DataDirectoryException refused(Path directory, String holder) {
    return new DataDirectoryException(
        LOCK_FILE_EXISTS,
        "%s is in use by %s. Stop that one first, or use another directory."
            .formatted(directory, holder));
  }

  /** Whether the file that was locked is still the directory's lock file. */
  boolean isStillThere() {
    try {
      return Objects.equals(identity(file), identity);
    } catch (IOException e) {
      return false;
    }
  }

  /** What tells a file from another one of the same name; null where there is no such thing. */
  private static Object identity(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HELD.remove(key);
    }
  }

  /**
   * Who has, or had, the lock.
   *
   * @param pid 0 if unknown
   * @param startMillis when that process started, 0 if unknown
   * @param takenAt when it took the lock, as text
   */
  private record Holder(long pid, long startMillis, String takenAt) {
    private static final int LONGEST = 1024;

    private static final long CLOCK_ADJUSTMENT_MILLIS = 2000;

    static Holder ofThisProcess() {
      ProcessHandle self = ProcessHandle.current();
      return new Holder(self.pid(), startMillis(self), Instant.now().toString());
    }

    private static long startMillis(ProcessHandle process) {
      return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    static Holder read(FileChannel channel) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(LONGEST);
      channel.read(buffer, 0);
      String[] lines =
          new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8).split("\n");
      try {
        return new Holder(Long.parseLong(lines[0]), Long.parseLong(lines[1]), lines[2]);
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        return new Holder(0, 0, ""); // new, or its writer was killed in the middle
      }
    }

    void write(FileChannel channel) throws IOException {
      byte[] text =
          "%d\n%d\n%s\n".formatted(pid, startMillis, takenAt).getBytes(StandardCharsets.UTF_8);
      channel.truncate(0).write(ByteBuffer.wrap(text), 0);
    }

    boolean isAlive() {
      return pid != 0
          && ProcessHandle.of(pid)
              .filter(ProcessHandle::isAlive)
              .filter(process -> startMillis == 0 || isStart(startMillis(process)))
              .isPresent();
    }

    /** Linux counts from the boot, whose time moves a little when the clock is adjusted. */
    private boolean isStart(long millis) {
      return Math.abs(millis - startMillis) <= CLOCK_ADJUSTMENT_MILLIS;
    }

    String describe() {
      return isAlive()
          ? "process %d (since %s)".formatted(pid, takenAt)
          : "another process, maybe of another machine";
    }
  }
}

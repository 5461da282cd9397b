package dev.zerolite.pglite.host;

import dev.zerolite.pglite.fs.Device;
import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.Errno;
import dev.zerolite.pglite.fs.ErrnoException;
import dev.zerolite.pglite.fs.Node;
import dev.zerolite.pglite.fs.OpenFile;
import dev.zerolite.pglite.fs.Pipe;
import dev.zerolite.pglite.fs.ProcessFiles;
import dev.zerolite.pglite.fs.RegularFile;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * System calls on open descriptors: reading, writing, seeking, syncing, mapping; and random bytes.
 */
final class DescriptorCalls {
  private static final int IOVEC_SIZE = 8;

  private static final int SEEK_SET = 0;
  private static final int SEEK_CUR = 1;
  private static final int SEEK_END = 2;

  // fcntl.h as emscripten has it.
  private static final int F_DUPFD = 0;
  private static final int F_GETFD = 1;
  private static final int F_SETFD = 2;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int F_GETLK = 12;
  private static final int F_SETLK = 13;
  private static final int F_SETLKW = 14;
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final short F_UNLCK = 2;

  /** What F_SETFL may change: O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT, O_NOATIME. */
  private static final int SETTABLE_FLAGS = 02000 | 04000 | 020000 | 040000 | 01000000;

  // __wasi_filetype_t of wasi/api.h.
  private static final byte FILETYPE_UNKNOWN = 0;
  private static final byte FILETYPE_CHARACTER_DEVICE = 2;
  private static final byte FILETYPE_DIRECTORY = 3;
  private static final byte FILETYPE_REGULAR_FILE = 4;

  private final WasmProcess process;
  private final ProcessHooks hooks;
  private final SecureRandom random = new SecureRandom();

  DescriptorCalls(WasmProcess process, ProcessHooks hooks) {
    this.process = process;
    this.hooks = hooks;
  }

  void define(HostImports imports) {
    imports.wasi("fd_read", a -> read((int) a[0], (int) a[1], (int) a[2], (int) a[3]));
    imports.wasi("fd_write", a -> write((int) a[0], (int) a[1], (int) a[2], (int) a[3]));
    imports.wasi("fd_pread", a -> readAt((int) a[0], (int) a[1], (int) a[2], a[3], (int) a[4]));
    imports.wasi("fd_pwrite", a -> writeAt((int) a[0], (int) a[1], (int) a[2], a[3], (int) a[4]));
    imports.wasi("fd_seek", a -> seek((int) a[0], a[1], (int) a[2], (int) a[3]));
    imports.wasi("fd_sync", a -> sync((int) a[0]));
    imports.systemCall("__syscall_fdatasync", a -> sync((int) a[0]));
    imports.wasi("fd_fdstat_get", a -> descriptorStatus((int) a[0], (int) a[1]));
    imports.wasi(
        "fd_close",
        a -> {
          files().close((int) a[0]);
          return 0;
        });
    imports.systemCall("__syscall_dup", a -> files().duplicate((int) a[0], 0));
    imports.systemCall("__syscall_dup3", a -> files().duplicateTo((int) a[0], (int) a[1]));
    imports.systemCall("__syscall_fcntl64", a -> control((int) a[0], (int) a[1], (int) a[2]));
    imports.systemCall("__syscall_ioctl", a -> -Errno.ENOTTY.number());
    imports.systemCall("__syscall_pipe2", a -> pipe((int) a[0]));
    imports.systemCall(
        "__syscall_ftruncate64",
        a -> {
          files().regularFile((int) a[0]).truncate(notNegative(a[1]));
          return 0;
        });
    imports.systemCall("__syscall_fallocate", a -> allocate((int) a[0], a[2], a[3]));
    imports.systemCall("__syscall_fadvise64", a -> 0);
    imports.systemCall("_mmap_js", a -> map((int) a[0], (int) a[3], a[4], (int) a[5], (int) a[6]));
    // The C library frees the block itself. Shared mappings are private copies; nobody here needs
    // them written back.
    imports.systemCall("_munmap_js", a -> unmap((int) a[0]));
    imports.wasi("random_get", a -> randomBytes((int) a[0], (int) a[1]));
  }

  private ProcessFiles files() {
    return process.files();
  }

  private LinearMemory memory() {
    return process.memory();
  }

  // ---- reading and writing ----

  private long read(int descriptor, int vectors, int count, int result) {
    OpenFile file = files().file(descriptor);
    int total = readVectors(file, vectors, count, file.position());
    if (isSeekable(file.node())) {
      file.setPosition(file.position() + total);
    }
    memory().writeI32(result, total);
    return 0;
  }

  private long readAt(int descriptor, int vectors, int count, long position, int result) {
    OpenFile file = files().file(descriptor);
    requireSeekable(file.node());
    memory().writeI32(result, readVectors(file, vectors, count, notNegative(position)));
    return 0;
  }

  private long write(int descriptor, int vectors, int count, int result) {
    OpenFile file = files().file(descriptor);
    if (file.appends()) {
      file.setPosition(file.node().size());
    }
    int total = writeVectors(file, vectors, count, file.position());
    if (isSeekable(file.node())) {
      file.setPosition(file.position() + total);
    }
    memory().writeI32(result, total);
    return 0;
  }

  private long writeAt(int descriptor, int vectors, int count, long position, int result) {
    OpenFile file = files().file(descriptor);
    requireSeekable(file.node());
    memory().writeI32(result, writeVectors(file, vectors, count, notNegative(position)));
    return 0;
  }

  private int readVectors(OpenFile file, int vectors, int count, long position) {
    LinearMemory memory = memory();
    int total = 0;
    for (int i = 0; i < count; i++) {
      int address = memory.readInt(vectors + i * IOVEC_SIZE);
      int length = memory.readInt(vectors + i * IOVEC_SIZE + 4);
      int read = readInto(file.node(), position + total, address, length);
      total += read;
      if (read < length) {
        break;
      }
    }
    return total;
  }

  private int writeVectors(OpenFile file, int vectors, int count, long position) {
    LinearMemory memory = memory();
    int total = 0;
    for (int i = 0; i < count; i++) {
      int address = memory.readInt(vectors + i * IOVEC_SIZE);
      int length = memory.readInt(vectors + i * IOVEC_SIZE + 4);
      int written = writeFrom(file.node(), position + total, address, length);
      total += written;
      if (written < length) {
        break;
      }
    }
    return total;
  }

  private int readInto(Node node, long position, int address, int length) {
    byte[] bytes = memory().arrayOf(address);
    int index = LinearMemory.indexOf(address);
    if (node instanceof RegularFile file) {
      return file.read(position, bytes, index, length);
    }
    if (node instanceof Directory) {
      throw new ErrnoException(Errno.EISDIR);
    }
    if (node instanceof Pipe pipe) {
      return pipe.read(bytes, index, length);
    }
    if (node instanceof Device device) {
      switch (device.kind()) {
        case ZERO -> {
          Arrays.fill(bytes, index, index + length, (byte) 0);
          return length;
        }
        case RANDOM, URANDOM -> {
          randomBytes(address, length);
          return length;
        }
        default -> {
          return 0; // there is no keyboard
        }
      }
    }
    throw new ErrnoException(Errno.EINVAL);
  }

  private int writeFrom(Node node, long position, int address, int length) {
    byte[] bytes = memory().arrayOf(address);
    int index = LinearMemory.indexOf(address);
    if (node instanceof RegularFile file) {
      file.write(position, bytes, index, length);
      return length;
    }
    if (node instanceof Pipe pipe) {
      return pipe.write(bytes, index, length);
    }
    if (node instanceof Device device) {
      switch (device.kind()) {
        case STDOUT -> hooks.console(1, bytes, index, length);
        case STDERR, TTY -> hooks.console(2, bytes, index, length);
        default -> {}
      }
      return length;
    }
    throw new ErrnoException(Errno.EBADF);
  }

  private long randomBytes(int address, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    memory().write(address, bytes, 0, length);
    return 0;
  }

  // ---- the rest ----

  private static boolean isSeekable(Node node) {
    return !(node instanceof Pipe) && !(node instanceof Device);
  }

  private static void requireSeekable(Node node) {
    if (node instanceof Pipe) {
      throw new ErrnoException(Errno.ESPIPE);
    }
  }

  private static long notNegative(long position) {
    if (position < 0) {
      throw new ErrnoException(Errno.EINVAL);
    }
    return position;
  }

  private long seek(int descriptor, long offset, int whence, int result) {
    OpenFile file = files().file(descriptor);
    requireSeekable(file.node());
    long base =
        switch (whence) {
          case SEEK_SET -> 0;
          case SEEK_CUR -> file.position();
          case SEEK_END -> file.node().size();
          default -> throw new ErrnoException(Errno.EINVAL);
        };
    file.setPosition(notNegative(base + offset));
    memory().writeLong(result, file.position());
    return 0;
  }

  private long sync(int descriptor) {
    Node node = files().file(descriptor).node();
    if (node instanceof RegularFile file) {
      file.sync();
    } else if (node instanceof Directory directory) {
      directory.sync();
    }
    return 0;
  }

  /** Fills a __wasi_fdstat_t: fs_filetype, fs_flags, two masks of rights. */
  private long descriptorStatus(int descriptor, int status) {
    Node node = files().file(descriptor).node();
    byte type =
        node instanceof RegularFile
            ? FILETYPE_REGULAR_FILE
            : node instanceof Directory
                ? FILETYPE_DIRECTORY
                : node instanceof Device ? FILETYPE_CHARACTER_DEVICE : FILETYPE_UNKNOWN;
    LinearMemory memory = memory();
    memory.writeByte(status, type);
    memory.writeShort(status + 2, (short) 0);
    memory.writeLong(status + 8, 0);
    memory.writeLong(status + 16, 0);
    return 0;
  }

  /** fcntl(2); emscripten passes a pointer to the variable arguments. */
  private long control(int descriptor, int command, int arguments) {
    OpenFile file = files().file(descriptor);
    switch (command) {
      case F_DUPFD, F_DUPFD_CLOEXEC -> {
        return files().duplicate(descriptor, memory().readInt(arguments));
      }
      case F_GETFL -> {
        return file.flags();
      }
      case F_SETFL -> {
        int flags = memory().readInt(arguments);
        file.setFlags((file.flags() & ~SETTABLE_FLAGS) | (flags & SETTABLE_FLAGS));
        return 0;
      }
      case F_GETLK -> {
        memory().writeShort(memory().readInt(arguments), F_UNLCK); // l_type of struct flock
        return 0;
      }
      case F_GETFD, F_SETFD, F_SETLK, F_SETLKW -> {
        return 0; // nothing is executed or locked by others here
      }
      default -> throw new ErrnoException(Errno.EINVAL);
    }
  }

  private long pipe(int descriptors) {
    int[] ends = files().pipe();
    memory().writeI32(descriptors, ends[0]);
    memory().writeI32(descriptors + Integer.BYTES, ends[1]);
    return 0;
  }

  private long allocate(int descriptor, long offset, long length) {
    RegularFile file = files().regularFile(descriptor);
    file.allocate(notNegative(offset) + notNegative(length));
    return 0;
  }

  /** mmap of a file: shared memory if it is in such, else a private copy of its bytes. */
  private long map(int length, int descriptor, long offset, int allocated, int result) {
    LinearMemory memory = memory();
    if (files().isMappable(descriptor)) {
      memory.writeI32(allocated, 0);
      memory.writeI32(result, files().map(descriptor, (int) notNegative(offset)));
      return 0;
    }
    RegularFile file = files().regularFile(descriptor);
    int address = process.malloc(length);
    int read = file.read(offset, memory.arrayOf(address), LinearMemory.indexOf(address), length);
    memory.fill((byte) 0, address + read, address + length);
    memory.writeI32(allocated, 1);
    memory.writeI32(result, address);
    return 0;
  }

  private long unmap(int address) {
    files().unmap(address);
    return 0;
  }
}

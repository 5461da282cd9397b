package dev.zerolite.pglite.host;

import dev.zerolite.pglite.fs.Device;
import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.Errno;
import dev.zerolite.pglite.fs.ErrnoException;
import dev.zerolite.pglite.fs.Node;
import dev.zerolite.pglite.fs.OpenFile;
import dev.zerolite.pglite.fs.ProcessFiles;
import dev.zerolite.pglite.fs.RegularFile;
import dev.zerolite.pglite.fs.SymbolicLink;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** System calls on paths: opening, status, directories, links. */
final class PathCalls {
  private static final int AT_FDCWD = ProcessFiles.AT_FDCWD;

  // fcntl.h.
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_REMOVEDIR = 0x200;
  private static final int AT_EMPTY_PATH = 0x1000;

  /** Everything is created as with umask 022; nobody changes the mask. */
  private static final int UMASK = 022;

  private static final int BLOCK_SIZE = 4096;

  // struct dirent of emscripten's dirent.h: d_ino, d_off, d_reclen, d_type, d_name[256].
  private static final int DIRENT_SIZE = 280;
  private static final int DIRENT_OFF = 8;
  private static final int DIRENT_RECLEN = 16;
  private static final int DIRENT_TYPE = 18;
  private static final int DIRENT_NAME = 19;

  // d_type of dirent.h.
  private static final byte DT_CHR = 2;
  private static final byte DT_DIR = 4;
  private static final byte DT_REG = 8;
  private static final byte DT_LNK = 10;

  private final WasmProcess process;

  PathCalls(WasmProcess process) {
    this.process = process;
  }

  void define(HostImports imports) {
    imports.systemCall("__syscall_openat", this::open);
    imports.systemCall("__syscall_faccessat", a -> access((int) a[0], path(a[1])));
    imports.systemCall(
        "__syscall_stat64", a -> status((int) a[1], files().lookup(AT_FDCWD, path(a[0]), true)));
    imports.systemCall(
        "__syscall_lstat64", a -> status((int) a[1], files().lookup(AT_FDCWD, path(a[0]), false)));
    imports.systemCall("__syscall_fstat64", a -> status((int) a[1], files().nodeOf((int) a[0])));
    imports.systemCall(
        "__syscall_newfstatat",
        a -> status((int) a[2], lookup((int) a[0], path(a[1]), (int) a[3])));
    imports.systemCall("__syscall_statfs64", a -> fileSystemStatus(path(a[0]), (int) a[2]));
    imports.systemCall(
        "__syscall_chmod",
        a -> permissions(files().lookup(AT_FDCWD, path(a[0]), true), (int) a[1]));
    imports.systemCall(
        "__syscall_fchmod", a -> permissions(files().nodeOf((int) a[0]), (int) a[1]));
    imports.systemCall(
        "__syscall_fchmodat2",
        a -> permissions(lookup((int) a[0], path(a[1]), (int) a[3]), (int) a[2]));
    imports.systemCall("__syscall_fchownat", a -> 0);
    imports.systemCall("__syscall_fchown32", a -> 0);
    imports.systemCall("__syscall_utimensat", a -> touch((int) a[0], path(a[1]), (int) a[3]));
    imports.systemCall("__syscall_truncate64", a -> truncate(path(a[0]), a[1]));
    imports.systemCall("__syscall_getcwd", a -> workingDirectory((int) a[0], (int) a[1]));
    imports.systemCall("__syscall_getdents64", a -> list((int) a[0], (int) a[1], (int) a[2]));
    imports.systemCall(
        "__syscall_chdir",
        a -> {
          files().changeDirectory(path(a[0]));
          return 0;
        });
    imports.systemCall(
        "__syscall_mkdirat",
        a -> {
          files().makeDirectory((int) a[0], path(a[1]), (int) a[2] & ~UMASK);
          return 0;
        });
    imports.systemCall("__syscall_unlinkat", a -> unlink((int) a[0], path(a[1]), (int) a[2]));
    imports.systemCall(
        "__syscall_rmdir",
        a -> {
          files().removeDirectory(AT_FDCWD, path(a[0]));
          return 0;
        });
    imports.systemCall(
        "__syscall_renameat",
        a -> {
          files().rename((int) a[0], path(a[1]), (int) a[2], path(a[3]));
          return 0;
        });
    imports.systemCall(
        "__syscall_symlinkat",
        a -> {
          files().makeSymbolicLink(path(a[0]), (int) a[1], path(a[2]));
          return 0;
        });
    imports.systemCall(
        "__syscall_readlinkat", a -> readLink((int) a[0], path(a[1]), (int) a[2], (int) a[3]));
    // A node has one name; EMLINK says that it cannot get more.
    imports.systemCall("__syscall_linkat", a -> -Errno.EMLINK.number());
  }

  private ProcessFiles files() {
    return process.files();
  }

  private String path(long address) {
    return process.string((int) address);
  }

  private long open(long[] a) {
    // The mode is a variable argument: emscripten passes a pointer, null if there is none.
    int mode = (int) a[3] == 0 ? 0 : process.memory().readInt((int) a[3]);
    return files().open((int) a[0], path(a[1]), (int) a[2], mode & ~UMASK);
  }

  private long access(int directory, String path) {
    files().lookup(directory, path, true);
    return 0;
  }

  private Node lookup(int directory, String path, int flags) {
    if (path.isEmpty() && (flags & AT_EMPTY_PATH) != 0) {
      return files().nodeOf(directory);
    }
    return files().lookup(directory, path, (flags & AT_SYMLINK_NOFOLLOW) == 0);
  }

  /** Fills a struct stat of emscripten's bits/stat.h (wasm32, 64-bit times). */
  private long status(int stat, Node node) {
    LinearMemory memory = process.memory();
    memory.writeI32(stat, 1); // st_dev
    memory.writeI32(stat + 4, node.mode());
    memory.writeI32(stat + 8, 1); // st_nlink
    memory.writeI32(stat + 12, 0); // st_uid
    memory.writeI32(stat + 16, 0); // st_gid
    memory.writeI32(stat + 20, 0); // st_rdev
    memory.writeLong(stat + 24, node.size());
    memory.writeI32(stat + 32, BLOCK_SIZE);
    memory.writeI32(stat + 36, (int) ((node.size() + 511) / 512)); // st_blocks
    long millis = node.modifiedMillis();
    for (int time = 40; time <= 72; time += 16) { // st_atim, st_mtim, st_ctim
      memory.writeLong(stat + time, Math.floorDiv(millis, 1000L));
      memory.writeI32(stat + time + 8, (int) Math.floorMod(millis, 1000L) * 1_000_000);
    }
    memory.writeLong(stat + 88, node.inode());
    return 0;
  }

  /** Fills a struct statfs of emscripten's bits/statfs.h with a half-full file system. */
  private long fileSystemStatus(String path, int statfs) {
    files().lookup(AT_FDCWD, path, true);
    LinearMemory memory = process.memory();
    memory.writeI32(statfs + 4, BLOCK_SIZE); // f_bsize
    memory.writeLong(statfs + 8, 1_000_000); // f_blocks
    memory.writeLong(statfs + 16, 500_000); // f_bfree
    memory.writeLong(statfs + 24, 500_000); // f_bavail
    memory.writeLong(statfs + 32, 100_000); // f_files
    memory.writeLong(statfs + 40, 1_000_000); // f_ffree
    memory.writeI32(statfs + 48, 42); // f_fsid
    memory.writeI32(statfs + 56, 255); // f_namelen
    memory.writeI32(statfs + 60, BLOCK_SIZE); // f_frsize
    memory.writeI32(statfs + 64, 2); // f_flags: ST_NOSUID
    return 0;
  }

  private static long permissions(Node node, int mode) {
    node.setPermissions(mode);
    return 0;
  }

  private long touch(int directory, String path, int flags) {
    // futimens(3) passes a null path and means the descriptor itself.
    Node node = path.isEmpty() ? files().nodeOf(directory) : lookup(directory, path, flags);
    node.touch();
    return 0;
  }

  private long truncate(String path, long size) {
    if (size < 0 || !(files().lookup(AT_FDCWD, path, true) instanceof RegularFile file)) {
      throw new ErrnoException(Errno.EINVAL);
    }
    file.truncate(size);
    return 0;
  }

  private long workingDirectory(int buffer, int size) {
    byte[] path = (files().workingDirectory() + "\0").getBytes(StandardCharsets.UTF_8);
    if (path.length > size) {
      throw new ErrnoException(Errno.ERANGE);
    }
    process.memory().write(buffer, path, 0, path.length);
    return path.length;
  }

  private long unlink(int directory, String path, int flags) {
    if ((flags & AT_REMOVEDIR) != 0) {
      files().removeDirectory(directory, path);
    } else {
      files().unlink(directory, path);
    }
    return 0;
  }

  private long readLink(int directory, String path, int buffer, int size) {
    if (!(files().lookup(directory, path, false) instanceof SymbolicLink link)) {
      throw new ErrnoException(Errno.EINVAL);
    }
    byte[] target = link.target().getBytes(StandardCharsets.UTF_8);
    int length = Math.min(target.length, size);
    process.memory().write(buffer, target, 0, length);
    return length;
  }

  /** getdents64(2): as many entries as fit; the position counts them in units of their size. */
  private long list(int descriptor, int buffer, int size) {
    OpenFile file = files().file(descriptor);
    List<String> names = file.listing();
    Directory directory = (Directory) file.node();
    int first = (int) (file.position() / DIRENT_SIZE);
    int end = Math.min(names.size(), first + size / DIRENT_SIZE);
    LinearMemory memory = process.memory();
    int entry = buffer;
    for (int i = first; i < end; i++, entry += DIRENT_SIZE) {
      String name = names.get(i);
      Node node = i < 2 ? directory : directory.entry(name);
      byte[] bytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
      memory.writeLong(entry, node == null ? 1 : node.inode());
      memory.writeLong(entry + DIRENT_OFF, (i + 1L) * DIRENT_SIZE);
      memory.writeShort(entry + DIRENT_RECLEN, (short) DIRENT_SIZE);
      memory.writeByte(entry + DIRENT_TYPE, directoryEntryType(node));
      memory.write(entry + DIRENT_NAME, bytes, 0, bytes.length);
    }
    if (end > first) {
      file.setPosition((long) end * DIRENT_SIZE);
    }
    return entry - buffer;
  }

  private static byte directoryEntryType(Node node) {
    if (node instanceof Directory) {
      return DT_DIR;
    }
    if (node instanceof SymbolicLink) {
      return DT_LNK;
    }
    return node instanceof Device ? DT_CHR : DT_REG;
  }
}

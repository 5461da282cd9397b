package dev.zerolite.pglite;

import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What backends ask of the next checkpoint: PostgreSQL's sync.c, for a cluster whose every backend
 * may make one. Its methods need the interpreter lock.
 *
 * <p>Files to force are not listed here. The file tree knows which ones were written to and not
 * forced, and forces them all before the control file is written, whoever writes it: see {@link
 * dev.zerolite.pglite.fs.DiskOptions#seal}. That is later than ProcessSyncRequests() would do it,
 * and early enough: the control file is what makes a checkpoint count.
 *
 * <p>Files to remove are those of dropped relations. They must stay, empty, until a checkpoint that
 * began after the drop is complete: a recovery from an earlier one would find the drop in the WAL
 * and remove whatever has that number by then (mdunlink() in md.c). Which backend makes the
 * checkpoint does not matter: it is told of all of them when it begins, before SyncPreCheckpoint()
 * draws the line, and removes them with SyncPostCheckpoint() when it is complete.
 */
final class SyncRequests {
  // enum SyncRequestType (sync.h)
  private static final int SYNC_UNLINK_REQUEST = 1;
  private static final int SYNC_FILTER_REQUEST = 3;

  /** sizeof(FileTag) (sync.h): handler, forknum, spcOid, dbOid, relNumber, segno. */
  private static final int FILE_TAG_SIZE = 24;

  private static final int FILE_TAG_DATABASE = 8;

  /** The stack pointer stays a multiple of this (emscripten's ABI). */
  private static final int STACK_ALIGNMENT = 16;

  private final List<byte[]> unlinks = new ArrayList<>();

  /**
   * RegisterSyncRequest().
   *
   * @param tag address of the FileTag
   * @return 1: the request is taken
   */
  int register(LinearMemory memory, int tag, int type) {
    if (type == SYNC_UNLINK_REQUEST) {
      byte[] bytes = new byte[FILE_TAG_SIZE];
      System.arraycopy(memory.arrayOf(tag), LinearMemory.indexOf(tag), bytes, 0, FILE_TAG_SIZE);
      unlinks.add(bytes);
    } else if (type == SYNC_FILTER_REQUEST) {
      // A database is dropped, with its directory; mdfiletagmatches() compares nothing else.
      int database = memory.readInt(tag + FILE_TAG_DATABASE);
      unlinks.removeIf(unlink -> databaseOf(unlink) == database);
    }
    return 1;
  }

  private static int databaseOf(byte[] tag) {
    return ByteBuffer.wrap(tag).order(ByteOrder.LITTLE_ENDIAN).getInt(FILE_TAG_DATABASE);
  }

  /**
   * The beginning of CreateCheckPoint(): puts the files to remove into the process's own list.
   *
   * @return 0, which means nothing
   */
  int handTo(WasmProcess process) {
    int stackPointer = process.stackPointer();
    int tag = (stackPointer - FILE_TAG_SIZE) & -STACK_ALIGNMENT;
    process.setStackPointer(tag);
    for (byte[] unlink : unlinks) {
      process.memory().write(tag, unlink, 0, FILE_TAG_SIZE);
      process.call("pgx_RememberSyncRequest", tag, SYNC_UNLINK_REQUEST);
    }
    unlinks.clear();
    process.setStackPointer(stackPointer);
    return 0;
  }
}

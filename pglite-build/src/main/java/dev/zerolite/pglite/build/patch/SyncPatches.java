package dev.zerolite.pglite.build.patch;

import static dev.zerolite.pglite.build.patch.Code.code;
import static dev.zerolite.pglite.build.patch.FunctionLocator.calledBy;
import static dev.zerolite.pglite.build.patch.FunctionLocator.containing;
import static dev.zerolite.pglite.build.patch.FunctionLocator.mentioning;
import static dev.zerolite.pglite.build.patch.Patch.atStart;

import java.util.List;

/**
 * The changes that give the backends of a cluster one list of files to force and to remove.
 *
 * <p>Under a postmaster, a backend that writes a page or drops a table tells the checkpointer,
 * which forces or removes the file when it has made its next checkpoint (sync.c). A standalone
 * backend tells nobody: it keeps such requests in tables of its own, which only a checkpoint of its
 * own looks at, and which end with it. With many of them, a checkpoint would not force what others
 * wrote; it would panic over a file that another one has removed meanwhile; and dropped tables'
 * files would stay for good. So the host keeps the list; its side is {@code
 * dev.zerolite.pglite.SyncRequests}.
 */
final class SyncPatches {
  private static final int REGISTER_SYNC_REQUEST = -90;
  private static final int CREATE_CHECKPOINT = -91;

  /** WAIT_EVENT_REGISTER_SYNC_REQUEST, mentioned there only. */
  private static final int WAIT_EVENT = 0x09000005;

  private static final FunctionLocator REGISTER_SYNC_REQUEST_FUNCTION =
      containing(code().i32Const(10).i32Const(WAIT_EVENT));

  private SyncPatches() {}

  /** Internal functions that the host calls. */
  static final List<AddedExport> EXPORTS =
      List.of(
          new AddedExport(
              "pgx_RememberSyncRequest",
              calledBy(
                  REGISTER_SYNC_REQUEST_FUNCTION,
                  code().localGet(0).localGet(1).captureCall("RememberSyncRequest").end(),
                  "RememberSyncRequest")));

  static final List<Patch> PATCHES =
      List.of(
          atStart(
              "RegisterSyncRequest",
              "src/backend/storage/sync/sync.c",
              "The host takes the request: which file, and what is to be done with it.",
              REGISTER_SYNC_REQUEST_FUNCTION,
              code()
                  .localGet(0)
                  .i32Const(REGISTER_SYNC_REQUEST)
                  .localGet(1)
                  .callHost()
                  .ifThen()
                  .i32Const(1)
                  .ret()
                  .end()),
          atStart(
              "CreateCheckPoint",
              "src/backend/access/transam/xlog.c",
              "Before SyncPreCheckpoint() says which files this checkpoint may remove, the host tells"
                  + " the backend of those that all backends want removed.",
              mentioning("can't create a checkpoint during recovery"),
              code().i32Const(0).i32Const(CREATE_CHECKPOINT).i32Const(0).callHost().drop()));
}

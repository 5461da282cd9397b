package dev.zerolite.pglite.decode;

import java.util.function.ToIntFunction;

/** Small functions from around logical decoding that only pgoutput calls. */
final class DecodingFunctions {
  private final Server server;
  private final ToIntFunction<String> symbols;

  DecodingFunctions(Server server, ToIntFunction<String> symbols) {
    this.server = server;
    this.symbols = symbols;
  }

  /** OutputPluginUpdateProgress of replication/logical/logical.c. */
  void updateProgress(int context, boolean skippedTransaction) {
    int update = server.readInt(context + Layouts.CONTEXT_UPDATE_PROGRESS);
    if (update != 0) {
      server.callPointer(
          update,
          context,
          server.readLong(context + Layouts.CONTEXT_WRITE_LOCATION),
          server.readInt(context + Layouts.CONTEXT_WRITE_XID),
          skippedTransaction ? 1 : 0);
    }
  }

  /**
   * CacheRegisterRelSyncCallback of utils/cache/inval.c, which calls what it finds in its own array
   * of {function, argument}.
   */
  void registerRelSyncCallback(int function, int argument) {
    int countAt = symbols.applyAsInt("relsync_callback_count");
    int count = server.readInt(countAt);
    if (count >= Layouts.RELSYNC_CALLBACKS) {
      throw server.raise("out of relsync_callback_list slots");
    }
    int slot = symbols.applyAsInt("relsync_callback_list") + 8 * count;
    server.memory().writeI32(slot, function);
    server.memory().writeI32(slot + 4, argument);
    server.memory().writeI32(countAt, count + 1);
  }

  /** lappend_xid of nodes/list.c; no one looks at the tag that tells it from a list of ints. */
  int appendXid(int list, int xid) {
    return server.call("lappend_int", list, xid);
  }

  /** list_member_xid of nodes/list.c. */
  boolean containsXid(int list, int xid) {
    int count = list == 0 ? 0 : server.readInt(list + Layouts.LIST_LENGTH);
    for (int i = 0; i < count; i++) {
      if (server.readInt(server.readInt(list + Layouts.LIST_ELEMENTS) + 4 * i) == xid) {
        return true;
      }
    }
    return false;
  }

  /**
   * replorigin_by_oid of replication/logical/origin.c.
   *
   * @param name where to store the name's address
   */
  boolean findOrigin(int origin, boolean missingOk, int name) {
    int tuple = server.call("SearchSysCache1", Layouts.CACHE_REPLICATION_ORIGIN, origin);
    if (tuple == 0) {
      if (!missingOk) {
        throw server.raise("replication origin with ID " + origin + " does not exist");
      }
      server.memory().writeI32(name, 0);
      return false;
    }
    int text = server.tupleStruct(tuple) + Layouts.ORIGIN_NAME;
    server.memory().writeI32(name, server.call("text_to_cstring", text));
    server.call("ReleaseSysCache", tuple);
    return true;
  }
}

package dev.zerolite.pglite.decode;

/**
 * Functions of the planner, parser and executor with which pgoutput prepares row filters. The main
 * module has them, but without a name; they are short enough to be written again.
 */
final class RowFilterFunctions {
  private static final int OR_EXPR = 1; // BoolExprType of nodes/primnodes.h
  private static final int NO_LOCATION = -1;

  private final Server server;

  RowFilterFunctions(Server server) {
    this.server = server;
  }

  /** make_orclause of nodes/makefuncs.c. */
  int makeOr(int clauses) {
    return server.call("makeBoolExpr", OR_EXPR, clauses, NO_LOCATION);
  }

  /** ExecPrepareExpr of executor/execExpr.c: plans and compiles in the query's context. */
  int prepare(int expression, int executorState) {
    int current = server.address("CurrentMemoryContext");
    int before = server.readInt(current);
    int queryContext = server.readInt(executorState + Layouts.EXECUTOR_STATE_QUERY_CONTEXT);
    server.memory().writeI32(current, queryContext);
    int prepared = server.call("ExecInitExpr", server.call("expression_planner", expression), 0);
    // not in a finally: after an ERROR the server sets its context itself
    server.memory().writeI32(current, before);
    return prepared;
  }

  /**
   * addRTEPermissionInfo of parser/parse_relation.c.
   *
   * @param list where the list of RTEPermissionInfos is kept
   */
  int addPermissionInfo(int list, int rangeTableEntry) {
    int info = server.call("palloc0", Layouts.PERMISSION_INFO_SIZE);
    server.memory().writeI32(info, Layouts.TAG_PERMISSION_INFO);
    server
        .memory()
        .writeI32(
            info + Layouts.PERMISSION_INFO_RELATION,
            server.readInt(rangeTableEntry + Layouts.RANGE_TABLE_RELATION));
    server
        .memory()
        .writeByte(
            info + Layouts.PERMISSION_INFO_INHERIT,
            (byte) server.readByte(rangeTableEntry + Layouts.RANGE_TABLE_INHERIT));
    int longer = server.call("lappend", server.readInt(list), info);
    server.memory().writeI32(list, longer);
    server
        .memory()
        .writeI32(
            rangeTableEntry + Layouts.RANGE_TABLE_PERMISSION_INDEX,
            server.readInt(longer + Layouts.LIST_LENGTH));
    return info;
  }
}

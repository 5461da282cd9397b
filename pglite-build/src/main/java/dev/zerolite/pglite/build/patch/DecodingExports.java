package dev.zerolite.pglite.build.patch;

import static dev.zerolite.pglite.build.patch.Code.code;
import static dev.zerolite.pglite.build.patch.FunctionLocator.containing;
import static dev.zerolite.pglite.build.patch.FunctionLocator.mentioning;

import java.util.List;

/**
 * Functions that the output plugin pgoutput.so imports, and that the main module has but does not
 * export. What it does not have at all is written in {@code dev.zerolite.pglite.decode}.
 */
final class DecodingExports {
  private DecodingExports() {}

  // SysCacheIdentifier of PostgreSQL 18
  private static final int PUBLICATIONNAMESPACEMAP = 50;
  private static final int PUBLICATIONRELMAP = 53;

  // NodeTag of PostgreSQL 18, and the node's size
  private static final int RANGE_TBL_ENTRY = 101;
  private static final int RANGE_TBL_ENTRY_SIZE = 136;

  static final List<AddedExport> EXPORTS =
      List.of(
          // pg_publication.c
          new AddedExport("GetRelationPublications", searching(PUBLICATIONRELMAP)),
          new AddedExport("GetSchemaPublications", searching(PUBLICATIONNAMESPACEMAP)),
          new AddedExport(
              "GetPublicationByName",
              containing(
                  code()
                      .localGet(0)
                      .localGet(1)
                      .captureCall("get_publication_oid")
                      .localTee(1)
                      .i32Eqz()
                      .ifThen()
                      .i32Const(0)
                      .ret()
                      .end()
                      .localGet(1)
                      .captureCall("GetPublication")
                      .end())),
          // tupdesc.c: the only one that copies a TupleConstr with its missing values
          new AddedExport(
              "CreateTupleDescCopyConstr",
              containing(code().ifThen().i32Const(20).call("palloc0").captureLocalTee("copy"))
                  .andContaining(code().call("datumCopy"))),
          // attmap.c
          new AddedExport(
              "build_attrmap_by_name_if_req",
              containing(
                  code()
                      .localGet(0)
                      .localGet(1)
                      .localGet(2)
                      .captureCall("build_attrmap_by_name")
                      .localSet(3)
                      .block()
                      .localGet(0)
                      .i32Load(0)
                      .localGet(1)
                      .i32Load(0)
                      .i32Ne())),
          // tupconvert.c: ends with "return ExecStoreVirtualTuple(out_slot)"
          new AddedExport(
              "execute_attr_map_slot",
              containing(
                  code().localGet(2).call("ExecStoreVirtualTuple").drop().localGet(2).end())),
          // rewriteHandler.c: makes an RTE only to substitute in an expression
          new AddedExport(
              "expand_generated_columns_in_expr",
              containing(
                      code()
                          .i32Const(RANGE_TBL_ENTRY_SIZE)
                          .call("palloc0")
                          .localTee(3)
                          .i32Const(RANGE_TBL_ENTRY)
                          .i32Store(0))
                  .andContaining(
                      code()
                          .localGet(1)
                          .localGet(2)
                          .i32Const(0)
                          .captureCall("expand_generated_columns_internal")
                          .localTee(1)
                          .i32Eqz())),
          // subscriptioncmds.c
          new AddedExport(
              "defGetStreamingMode", mentioning("%s requires a Boolean value or \"parallel\"")));

  /** SearchSysCacheList1(cache, the only parameter) */
  private static FunctionLocator searching(int cache) {
    return containing(
        code()
            .i32Const(cache)
            .i32Const(1)
            .localGet(0)
            .i32Const(0)
            .i32Const(0)
            .call("SearchSysCacheList"));
  }
}

package dev.zerolite.pglite.decode;

import dev.zerolite.pglite.host.WasmProcess;
import dev.zerolite.pglite.server.ServerCalls;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Makes the package's own {@code pgoutput.so} loadable.
 *
 * <p>The module is PostgreSQL's output plugin, compiled, but the main module was linked without
 * some functions that only this plugin calls. They are written here in Java after PostgreSQL 18's
 * sources, so that publications, row filters, column lists, caching and invalidation remain
 * PostgreSQL's. Nothing is loaded until a slot with this plugin is used.
 */
public final class PgOutput {
  /**
   * Functions that pgoutput imports and that the main module has but does not export; the build
   * adds the exports.
   */
  public static final List<String> NEEDED_EXPORTS =
      List.of(
          "CreateTupleDescCopyConstr",
          "GetPublicationByName",
          "GetRelationPublications",
          "GetSchemaPublications",
          "build_attrmap_by_name_if_req",
          "defGetStreamingMode",
          "execute_attr_map_slot",
          "expand_generated_columns_in_expr");

  private final WasmProcess process;
  private final Server server;
  private final ToIntFunction<String> symbols;
  private MessageWriters writers;

  private PgOutput(WasmProcess process, ToIntFunction<String> symbols) {
    this.process = process;
    this.server = new Server(process);
    this.symbols = symbols;
  }

  /**
   * Offers the functions to a process's libraries; to be called before its main().
   *
   * @param symbols finds the variables {@code relsync_callback_count} and {@code
   *     relsync_callback_list} of utils/cache/inval.c, which the main module does not export
   */
  public static void install(WasmProcess process, ToIntFunction<String> symbols) {
    PgOutput plugin = new PgOutput(process, symbols);
    plugin.provideTransactions();
    plugin.provideStreaming();
    plugin.provideChanges();
    plugin.providePublications();
    plugin.provideRowFilters();
    plugin.provideDecoding();
    plugin.refuseMissing();
  }

  /** A call of what nobody has would end the whole cluster; this way it ends the statement. */
  private void refuseMissing() {
    for (String name : NEEDED_EXPORTS) {
      if (!process.exports(name)) {
        function(
            name,
            a -> {
              throw server.raise(
                  "this engine was built without the export " + name + "; rebuild pglite-engine");
            });
      }
    }
  }

  /** Made when first needed: the look-ups cost, and most processes never decode. */
  private MessageWriters writers() {
    if (writers == null) {
      writers = new MessageWriters(server);
    }
    return writers;
  }

  private void provideTransactions() {
    procedure("logicalrep_write_begin", a -> writers().begin(i(a, 0), i(a, 1)));
    procedure("logicalrep_write_commit", a -> writers().commit(i(a, 0), i(a, 1), a[2]));
    procedure("logicalrep_write_begin_prepare", a -> writers().beginPrepare(i(a, 0), i(a, 1)));
    providePrepared("logicalrep_write_prepare", 'P');
    providePrepared("logicalrep_write_commit_prepared", 'K');
    providePrepared("logicalrep_write_stream_prepare", 'p');
    procedure(
        "logicalrep_write_rollback_prepared",
        a -> writers().rollbackPrepared(i(a, 0), i(a, 1), a[2], a[3]));
    procedure("logicalrep_write_origin", a -> writers().origin(i(a, 0), i(a, 1), a[2]));
    procedure(
        "logicalrep_write_message",
        a -> writers().message(i(a, 0), i(a, 1), a[2], bool(a, 3), i(a, 4), i(a, 5), i(a, 6)));
  }

  private void providePrepared(String name, char type) {
    procedure(name, a -> writers().prepared(type, i(a, 0), i(a, 1), a[2]));
  }

  private void provideStreaming() {
    procedure(
        "logicalrep_write_stream_start", a -> writers().streamStart(i(a, 0), i(a, 1), bool(a, 2)));
    procedure("logicalrep_write_stream_stop", a -> writers().streamStop(i(a, 0)));
    procedure(
        "logicalrep_write_stream_commit", a -> writers().streamCommit(i(a, 0), i(a, 1), a[2]));
    procedure(
        "logicalrep_write_stream_abort",
        a -> writers().streamAbort(i(a, 0), i(a, 1), i(a, 2), a[3], a[4], bool(a, 5)));
  }

  private void provideChanges() {
    procedure(
        "logicalrep_write_rel",
        a -> writers().relation(i(a, 0), i(a, 1), i(a, 2), i(a, 3), i(a, 4)));
    procedure("logicalrep_write_typ", a -> writers().type(i(a, 0), i(a, 1), i(a, 2)));
    procedure(
        "logicalrep_write_insert",
        a ->
            writers()
                .insert(i(a, 0), i(a, 1), i(a, 2), i(a, 3), bool(a, 4), i(a, 5), generated(a, 6)));
    procedure(
        "logicalrep_write_update",
        a ->
            writers()
                .update(
                    i(a, 0),
                    i(a, 1),
                    i(a, 2),
                    i(a, 3),
                    i(a, 4),
                    bool(a, 5),
                    i(a, 6),
                    generated(a, 7)));
    procedure(
        "logicalrep_write_delete",
        a ->
            writers()
                .delete(i(a, 0), i(a, 1), i(a, 2), i(a, 3), bool(a, 4), i(a, 5), generated(a, 6)));
    procedure(
        "logicalrep_write_truncate",
        a -> writers().truncate(i(a, 0), i(a, 1), i(a, 2), i(a, 3), bool(a, 4), bool(a, 5)));
  }

  private void providePublications() {
    Publications publications = new Publications(server);
    predicate("is_publishable_relation", a -> publications.isPublishable(i(a, 0)));
    function(
        "GetTopMostAncestorInPublication",
        a -> publications.topMostAncestor(i(a, 0), i(a, 1), i(a, 2)));
    predicate(
        "check_and_fetch_column_list",
        a -> publications.fetchColumnList(i(a, 0), i(a, 1), i(a, 2), i(a, 3)));
    function("pub_form_cols_map", a -> publications.columnMap(i(a, 0), generated(a, 1)));
    predicate(
        "logicalrep_should_publish_column",
        a -> Attributes.isPublished(server, i(a, 0), i(a, 1), generated(a, 2)));
  }

  private void provideRowFilters() {
    RowFilterFunctions filters = new RowFilterFunctions(server);
    function("make_orclause", a -> filters.makeOr(i(a, 0)));
    function("ExecPrepareExpr", a -> filters.prepare(i(a, 0), i(a, 1)));
    function("addRTEPermissionInfo", a -> filters.addPermissionInfo(i(a, 0), i(a, 1)));
  }

  private void provideDecoding() {
    DecodingFunctions decoding = new DecodingFunctions(server, symbols);
    procedure("OutputPluginUpdateProgress", a -> decoding.updateProgress(i(a, 0), bool(a, 1)));
    procedure(
        "CacheRegisterRelSyncCallback", a -> decoding.registerRelSyncCallback(i(a, 0), i(a, 1)));
    function("lappend_xid", a -> decoding.appendXid(i(a, 0), i(a, 1)));
    predicate("list_member_xid", a -> decoding.containsXid(i(a, 0), i(a, 1)));
    // a RepOriginId is an unsigned short
    predicate("replorigin_by_oid", a -> decoding.findOrigin(i(a, 0) & 0xffff, bool(a, 1), i(a, 2)));
    // An AttrMap is freed like a StringInfo, {pointer, ...}; the linker has merged the two.
    procedure("free_attrmap", a -> server.call("destroyStringInfo", i(a, 0)));
  }

  // ---- plumbing ----

  private interface Procedure {
    void run(long[] arguments);
  }

  private interface Predicate {
    boolean test(long[] arguments);
  }

  private void procedure(String name, Procedure procedure) {
    function(
        name,
        a -> {
          procedure.run(a);
          return 0;
        });
  }

  private void predicate(String name, Predicate predicate) {
    function(name, a -> predicate.test(a) ? 1 : 0);
  }

  private void function(String name, ServerCalls.Body body) {
    process.provideImport(name, a -> server.guard(name, body, a));
  }

  private static int i(long[] arguments, int index) {
    return (int) arguments[index];
  }

  private static boolean bool(long[] arguments, int index) {
    return (arguments[index] & 0xff) != 0;
  }

  /** A PublishGencolsType, whose values are characters. */
  private static int generated(long[] arguments, int index) {
    return (int) arguments[index] & 0xff;
  }
}

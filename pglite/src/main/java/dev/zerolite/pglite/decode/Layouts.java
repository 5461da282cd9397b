package dev.zerolite.pglite.decode;

/**
 * Where PostgreSQL 18 keeps things on wasm32, named struct_field. Pointers and Datums have 4 bytes;
 * 64-bit fields are aligned to 8.
 */
final class Layouts {
  private Layouts() {}

  /** nodes/pg_list.h */
  static final int LIST_LENGTH = 4;

  static final int LIST_ELEMENTS = 12;

  /** nodes/bitmapset.h; a bitmapword has as many bits as a pointer. */
  static final int BITMAPSET_NWORDS = 4;

  static final int BITMAPSET_WORDS = 8;

  /** lib/stringinfo.h */
  static final int STRINGINFO_DATA = 0;

  static final int STRINGINFO_LEN = 4;

  /** replication/logical.h, struct LogicalDecodingContext */
  static final int CONTEXT_UPDATE_PROGRESS = 128;

  static final int CONTEXT_WRITE_LOCATION = 152;
  static final int CONTEXT_WRITE_XID = 160;

  /** replication/reorderbuffer.h, struct ReorderBufferTXN */
  static final int TXN_XID = 4;

  static final int TXN_GID = 12;
  static final int TXN_FINAL_LSN = 24;
  static final int TXN_END_LSN = 32;

  /** The union xact_time: commit_time, prepare_time, abort_time. */
  static final int TXN_TIME = 72;

  /** utils/rel.h, struct RelationData */
  static final int RELATION_INDEXVALID = 27;

  static final int RELATION_FORM = 48;
  static final int RELATION_DESCRIPTOR = 52;
  static final int RELATION_ID = 56;
  static final int RELATION_REPLICA_INDEX = 144;
  static final int RELATION_INDEX_FORM = 192;

  /** catalog/pg_class.h */
  static final int CLASS_NAME = 4;

  static final int CLASS_NAMESPACE = 68;
  static final int CLASS_HAS_INDEX = 116;
  static final int CLASS_PERSISTENCE = 118;
  static final int CLASS_KIND = 119;
  static final int CLASS_REPLICA_IDENTITY = 130;

  /** catalog/pg_index.h; indkey is an int2vector, whose values start 24 bytes in. */
  static final int INDEX_KEY_COUNT = 10;

  static final int INDEX_KEYS = 48;

  /**
   * access/tupdesc.h: the header, then natts CompactAttributes of 16 bytes, then natts
   * FormData_pg_attributes (catalog/pg_attribute.h) of 100 bytes.
   */
  static final int DESCRIPTOR_COUNT = 0;

  static final int DESCRIPTOR_COMPACT = 20;
  static final int COMPACT_SIZE = 16;
  static final int ATTRIBUTE_SIZE = 100;
  static final int ATTRIBUTE_NAME = 4;
  static final int ATTRIBUTE_TYPE = 68;
  static final int ATTRIBUTE_LENGTH = 72;
  static final int ATTRIBUTE_NUMBER = 74;
  static final int ATTRIBUTE_TYPMOD = 76;
  static final int ATTRIBUTE_GENERATED = 90;
  static final int ATTRIBUTE_DROPPED = 91;

  /** executor/tuptable.h, struct TupleTableSlot */
  static final int SLOT_VALID_COUNT = 6;

  static final int SLOT_DESCRIPTOR = 12;
  static final int SLOT_VALUES = 16;
  static final int SLOT_NULLS = 20;

  /** access/htup.h and htup_details.h */
  static final int TUPLE_DATA = 16;

  static final int TUPLE_HEADER_SIZE = 22;

  /** catalog/pg_type.h */
  static final int TYPE_NAME = 4;

  static final int TYPE_NAMESPACE = 68;
  static final int TYPE_OUTPUT = 104;
  static final int TYPE_SEND = 112;

  /** catalog/pg_publication.h, struct Publication */
  static final int PUBLICATION_ID = 0;

  static final int PUBLICATION_ALL_TABLES = 8;

  /** catalog/pg_publication_rel.h: attribute number of prattrs */
  static final int PUBLICATION_REL_COLUMNS = 5;

  /** utils/array.h, a one-dimensional array without nulls */
  static final int ARRAY_DIMENSION = 16;

  static final int ARRAY_VALUES = 24;

  /** catalog/pg_replication_origin.h */
  static final int ORIGIN_NAME = 4;

  /** nodes/execnodes.h, EState.es_query_cxt */
  static final int EXECUTOR_STATE_QUERY_CONTEXT = 100;

  /** nodes/parsenodes.h, RangeTblEntry */
  static final int RANGE_TABLE_RELATION = 16;

  static final int RANGE_TABLE_INHERIT = 20;
  static final int RANGE_TABLE_PERMISSION_INDEX = 28;

  /** nodes/parsenodes.h, RTEPermissionInfo; its tag is of nodes/nodetags.h. */
  static final int TAG_PERMISSION_INFO = 102;

  static final int PERMISSION_INFO_SIZE = 40;
  static final int PERMISSION_INFO_RELATION = 4;
  static final int PERMISSION_INFO_INHERIT = 8;

  /** utils/syscache_ids.h, generated in the order of the catalogs' names */
  static final int CACHE_PUBLICATION_REL_MAP = 53;

  static final int CACHE_REPLICATION_ORIGIN = 58;
  static final int CACHE_TYPE = 82;

  /** catalog/pg_namespace.dat */
  static final int PG_CATALOG = 11;

  /** access/transam.h: objects of initdb are below. */
  static final int FIRST_NORMAL_OBJECT = 16384;

  /** utils/inval.c: slots of relsync_callback_list, {function, argument} each. */
  static final int RELSYNC_CALLBACKS = 10;
}

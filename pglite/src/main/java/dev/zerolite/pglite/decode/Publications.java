package dev.zerolite.pglite.decode;

/** Functions of catalog/pg_publication.c that the main module lacks or has only inlined. */
final class Publications {
  private final Server server;

  Publications(Server server) {
    this.server = server;
  }

  /** is_publishable_relation: a user's permanent table, partitioned or not. */
  boolean isPublishable(int relation) {
    int form = server.readInt(relation + Layouts.RELATION_FORM);
    int kind = server.readByte(form + Layouts.CLASS_KIND);
    int oid = server.readInt(relation + Layouts.RELATION_ID);
    return (kind == 'r' || kind == 'p')
        && server.readByte(form + Layouts.CLASS_PERSISTENCE) == 'p'
        && Integer.compareUnsigned(oid, Layouts.FIRST_NORMAL_OBJECT) >= 0;
  }

  /**
   * GetTopMostAncestorInPublication: the last of the ancestors, which come from the nearest to the
   * root, that is published itself or through its schema; 0 if none is.
   *
   * @param level where to store which one it was, counted from 1; or 0
   */
  int topMostAncestor(int publication, int ancestors, int level) {
    int topMost = 0;
    int count = ancestors == 0 ? 0 : server.readInt(ancestors + Layouts.LIST_LENGTH);
    for (int i = 0; i < count; i++) {
      int ancestor = server.readInt(server.readInt(ancestors + Layouts.LIST_ELEMENTS) + 4 * i);
      if (contains(server.call("GetRelationPublications", ancestor), publication)
          || contains(
              server.call("GetSchemaPublications", server.call("get_rel_namespace", ancestor)),
              publication)) {
        topMost = ancestor;
        if (level != 0) {
          server.memory().writeI32(level, i + 1);
        }
      }
    }
    return topMost;
  }

  private boolean contains(int list, int oid) {
    if (list == 0) {
      return false;
    }
    boolean member = server.call("list_member_oid", list, oid) != 0;
    server.call("list_free", list);
    return member;
  }

  /**
   * check_and_fetch_column_list: whether the publication has a column list for the relation.
   *
   * @param context the MemoryContext for the Bitmapset, or 0
   * @param columns where the Bitmapset to add the columns to is kept, or 0
   */
  boolean fetchColumnList(int publication, int relationId, int context, int columns) {
    if (server.readByte(publication + Layouts.PUBLICATION_ALL_TABLES) != 0) {
      return false;
    }
    int cache = Layouts.CACHE_PUBLICATION_REL_MAP;
    int tuple =
        server.call(
            "SearchSysCache2",
            cache,
            relationId,
            server.readInt(publication + Layouts.PUBLICATION_ID));
    if (tuple == 0) {
      return false;
    }
    int isNull = server.call("palloc", 4);
    int array =
        server.call("SysCacheGetAttr", cache, tuple, Layouts.PUBLICATION_REL_COLUMNS, isNull);
    boolean found = server.readByte(isNull) == 0;
    server.call("pfree", isNull);
    if (found && columns != 0) {
      addColumns(server.call("pg_detoast_datum", array), context, columns);
    }
    server.call("ReleaseSysCache", tuple);
    return found;
  }

  /** pub_collist_to_bitmapset */
  private void addColumns(int array, int context, int columns) {
    int current = server.address("CurrentMemoryContext");
    int before = server.readInt(current);
    if (context != 0) {
      server.memory().writeI32(current, context);
    }
    int set = server.readInt(columns);
    int count = server.readInt(array + Layouts.ARRAY_DIMENSION);
    for (int i = 0; i < count; i++) {
      set =
          server.call(
              "bms_add_member", set, server.readShort(array + Layouts.ARRAY_VALUES + 2 * i));
    }
    server.memory().writeI32(columns, set);
    // not in a finally: after an ERROR the server sets its context itself
    server.memory().writeI32(current, before);
  }

  /** pub_form_cols_map: all columns that a publication without column list publishes. */
  int columnMap(int relation, int generated) {
    Attributes attributes =
        new Attributes(server, server.readInt(relation + Layouts.RELATION_DESCRIPTOR));
    int set = 0;
    for (int i = 0; i < attributes.count(); i++) {
      int attribute = attributes.address(i);
      if (Attributes.isPublished(server, attribute, 0, generated)) {
        set =
            server.call(
                "bms_add_member", set, server.readShort(attribute + Layouts.ATTRIBUTE_NUMBER));
      }
    }
    return set;
  }
}

package dev.zerolite.pglite.decode;

import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * The logicalrep_write_* functions of replication/logical/proto.c, with its parameters: each reads
 * what the server hands it and appends one message to the StringInfo {@code out}.
 */
final class MessageWriters {
  private static final char FULL = 'f'; // REPLICA_IDENTITY_FULL of pg_class.h
  private static final byte[] NO_NAME = {};

  private final Server server;
  private final MessageEncoder message = new MessageEncoder();
  private final TypeOutputs types;
  private final ClientText text;
  private final TupleEncoder tuples;
  private final ServerCalls.Function enlarge;

  MessageWriters(Server server) {
    this.server = server;
    this.types = new TypeOutputs(server);
    this.text = new ClientText(server);
    this.tuples = new TupleEncoder(server, message, types, text);
    this.enlarge = server.function("enlargeStringInfo");
  }

  // ---- transactions ----

  void begin(int out, int txn) {
    startTransaction();
    message.begin(finalLsn(txn), time(txn), xid(txn));
    append(out);
  }

  void commit(int out, int txn, long commitLsn) {
    start();
    message.commit(commitLsn, endLsn(txn), time(txn));
    append(out);
  }

  void beginPrepare(int out, int txn) {
    startTransaction();
    message.beginPrepare(finalLsn(txn), endLsn(txn), time(txn), xid(txn), gid(txn));
    append(out);
  }

  void prepared(char type, int out, int txn, long lsn) {
    startTransaction(); // as is a COMMIT PREPARED
    message.prepared(type, lsn, endLsn(txn), time(txn), xid(txn), gid(txn));
    append(out);
  }

  void rollbackPrepared(int out, int txn, long prepareEndLsn, long prepareTime) {
    startTransaction();
    message.rollbackPrepared(
        prepareEndLsn, endLsn(txn), prepareTime, time(txn), xid(txn), gid(txn));
    append(out);
  }

  void origin(int out, int name, long commitLsn) {
    start();
    message.origin(commitLsn, text.string(name));
    append(out);
  }

  void message(
      int out,
      int streamXid,
      long lsn,
      boolean transactional,
      int prefix,
      int length,
      int content) {
    if (!transactional) {
      startTransaction(); // comes outside of any
    } else {
      start();
    }
    byte[] prefixBytes = text.string(prefix);
    message.message(
        streamXid,
        transactional,
        lsn,
        prefixBytes,
        server.memory().arrayOf(content),
        LinearMemory.indexOf(content),
        length);
    append(out);
  }

  // ---- streamed transactions ----

  void streamStart(int out, int xid, boolean firstSegment) {
    startTransaction();
    message.streamStart(xid, firstSegment);
    append(out);
  }

  void streamStop(int out) {
    start();
    message.streamStop();
    append(out);
  }

  void streamCommit(int out, int txn, long commitLsn) {
    start();
    message.streamCommit(xid(txn), commitLsn, endLsn(txn), time(txn));
    append(out);
  }

  void streamAbort(
      int out, int xid, int subtransaction, long lsn, long time, boolean withInformation) {
    start();
    message.streamAbort(xid, subtransaction);
    if (withInformation) {
      message.abortInformation(lsn, time);
    }
    append(out);
  }

  // ---- relations and types ----

  void relation(int out, int streamXid, int relation, int columns, int generated) {
    start();
    int form = server.readInt(relation + Layouts.RELATION_FORM);
    char identity = replicaIdentity(relation);
    int keys = identity == FULL ? 0 : replicaIndex(relation, form);
    Attributes attributes =
        new Attributes(server, server.readInt(relation + Layouts.RELATION_DESCRIPTOR));
    byte[] namespace = namespace(server.readInt(form + Layouts.CLASS_NAMESPACE));
    message.relation(
        streamXid,
        oid(relation),
        namespace,
        text.string(form + Layouts.CLASS_NAME),
        identity,
        attributes.countPublished(columns, generated));
    for (int i = 0; i < attributes.count(); i++) {
      int attribute = attributes.address(i);
      if (Attributes.isPublished(server, attribute, columns, generated)) {
        message.relationColumn(
            identity == FULL || isKey(keys, server.readShort(attribute + Layouts.ATTRIBUTE_NUMBER)),
            text.string(attribute + Layouts.ATTRIBUTE_NAME),
            server.readInt(attribute + Layouts.ATTRIBUTE_TYPE),
            server.readInt(attribute + Layouts.ATTRIBUTE_TYPMOD));
      }
    }
    if (keys != 0) {
      server.call("RelationClose", keys);
    }
    append(out);
  }

  /** RelationGetReplicaIndex and its opening, as RelationGetIdentityKeyBitmap does; or 0. */
  private int replicaIndex(int relation, int form) {
    if (server.readByte(form + Layouts.CLASS_HAS_INDEX) == 0) {
      return 0;
    }
    if (server.readByte(relation + Layouts.RELATION_INDEXVALID) == 0) {
      // fills rd_replidindex; the list may be NIL, which is no list to free
      int indexes = server.call("RelationGetIndexList", relation);
      if (indexes != 0) {
        server.call("list_free", indexes);
      }
    }
    int index = server.readInt(relation + Layouts.RELATION_REPLICA_INDEX);
    if (index == 0) {
      return 0;
    }
    int opened = server.call("RelationIdGetRelation", index);
    if (opened == 0) {
      throw server.raise("could not open relation with OID " + Integer.toUnsignedString(index));
    }
    return opened;
  }

  private boolean isKey(int index, int attributeNumber) {
    if (index == 0) {
      return false;
    }
    int form = server.readInt(index + Layouts.RELATION_INDEX_FORM);
    int keys = server.readShort(form + Layouts.INDEX_KEY_COUNT);
    for (int i = 0; i < keys; i++) {
      if (server.readShort(form + Layouts.INDEX_KEYS + 2 * i) == attributeNumber) {
        return true;
      }
    }
    return false;
  }

  void type(int out, int streamXid, int oid) {
    start();
    int base = server.call("getBaseType", oid);
    int tuple = server.call("SearchSysCache1", Layouts.CACHE_TYPE, base);
    if (tuple == 0) {
      throw server.raise("cache lookup failed for type " + Integer.toUnsignedString(base));
    }
    int form = server.tupleStruct(tuple);
    byte[] namespace = namespace(server.readInt(form + Layouts.TYPE_NAMESPACE));
    message.type(streamXid, oid, namespace, text.string(form + Layouts.TYPE_NAME));
    server.call("ReleaseSysCache", tuple);
    append(out);
  }

  /** logicalrep_write_namespace: pg_catalog is sent as nothing. */
  private byte[] namespace(int oid) {
    if (oid == Layouts.PG_CATALOG) {
      return NO_NAME;
    }
    int name = server.call("get_namespace_name", oid);
    if (name == 0) {
      throw server.raise("cache lookup failed for namespace " + Integer.toUnsignedString(oid));
    }
    return text.string(name);
  }

  void truncate(
      int out, int streamXid, int count, int oids, boolean cascade, boolean restartSequences) {
    start();
    int[] relations = new int[count];
    for (int i = 0; i < count; i++) {
      relations[i] = server.readInt(oids + 4 * i);
    }
    message.truncate(streamXid, cascade, restartSequences, relations);
    append(out);
  }

  // ---- rows ----

  void insert(
      int out, int streamXid, int relation, int row, boolean binary, int columns, int generated) {
    start();
    message.insert(streamXid, oid(relation));
    tuples.write('N', relation, row, binary, columns, generated);
    append(out);
  }

  void update(
      int out,
      int streamXid,
      int relation,
      int oldRow,
      int newRow,
      boolean binary,
      int columns,
      int generated) {
    start();
    message.update(streamXid, oid(relation));
    if (oldRow != 0) {
      tuples.write(oldKind(relation), relation, oldRow, binary, columns, generated);
    }
    tuples.write('N', relation, newRow, binary, columns, generated);
    append(out);
  }

  void delete(
      int out, int streamXid, int relation, int row, boolean binary, int columns, int generated) {
    start();
    message.delete(streamXid, oid(relation));
    tuples.write(oldKind(relation), relation, row, binary, columns, generated);
    append(out);
  }

  private char oldKind(int relation) {
    return replicaIdentity(relation) == FULL ? 'O' : 'K';
  }

  private char replicaIdentity(int relation) {
    int form = server.readInt(relation + Layouts.RELATION_FORM);
    return (char) server.readByte(form + Layouts.CLASS_REPLICA_IDENTITY);
  }

  private int oid(int relation) {
    return server.readInt(relation + Layouts.RELATION_ID);
  }

  // ---- ReorderBufferTXN ----

  private long finalLsn(int txn) {
    return server.readLong(txn + Layouts.TXN_FINAL_LSN);
  }

  private long endLsn(int txn) {
    return server.readLong(txn + Layouts.TXN_END_LSN);
  }

  private long time(int txn) {
    return server.readLong(txn + Layouts.TXN_TIME);
  }

  private int xid(int txn) {
    return server.readInt(txn + Layouts.TXN_XID);
  }

  private byte[] gid(int txn) {
    return text.string(server.readInt(txn + Layouts.TXN_GID));
  }

  // ---- output ----

  private void startTransaction() {
    types.forget();
    text.refresh();
    start();
  }

  /** An ERROR may have left half a message behind. */
  private void start() {
    message.reset();
  }

  /** appendBinaryStringInfo for bytes that are not in the server's memory. */
  private void append(int out) {
    int length = message.size();
    enlarge.call(out, length);
    int data = server.readInt(out + Layouts.STRINGINFO_DATA);
    int used = server.readInt(out + Layouts.STRINGINFO_LEN);
    server.memory().write(data + used, message.array(), 0, length);
    server.memory().writeByte(data + used + length, (byte) 0);
    server.memory().writeI32(out + Layouts.STRINGINFO_LEN, used + length);
    message.reset();
  }
}

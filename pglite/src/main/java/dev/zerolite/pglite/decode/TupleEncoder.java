package dev.zerolite.pglite.decode;

import dev.zerolite.pglite.decode.TypeOutputs.TypeOutput;
import dev.zerolite.pglite.server.ServerCalls;
import dev.zerolite.pglite.wasm.LinearMemory;

/**
 * Rows of the server as tuples of the protocol: logicalrep_write_tuple of
 * replication/logical/proto.c.
 */
final class TupleEncoder {
  /** varatt.h, little-endian: header of a short value, tag of one that points to TOAST. */
  private static final int VARATT_EXTERNAL = 0x01;

  private static final int VARTAG_ONDISK = 18;

  private final Server server;
  private final MessageEncoder message;
  private final TypeOutputs types;
  private final ClientText text;
  private final ServerCalls.Function getAttributes;
  private final ServerCalls.Function output;
  private final ServerCalls.Function send;

  TupleEncoder(Server server, MessageEncoder message, TypeOutputs types, ClientText text) {
    this.server = server;
    this.message = message;
    this.types = types;
    this.text = text;
    this.getAttributes = server.function("slot_getsomeattrs_int");
    this.output = server.function("OidOutputFunctionCall");
    this.send = server.function("OidFunctionCall1Coll");
  }

  /**
   * @param columns the Bitmapset of a column list, or 0
   * @param generated which generated columns are published, of enum PublishGencolsType
   */
  void write(char kind, int relation, int slot, boolean binary, int columns, int generated) {
    int descriptor = server.readInt(relation + Layouts.RELATION_DESCRIPTOR);
    Attributes attributes = new Attributes(server, descriptor);
    int count = attributes.count();
    message.tuple(kind, attributes.countPublished(columns, generated));

    int inSlot = server.readInt(server.readInt(slot + Layouts.SLOT_DESCRIPTOR));
    if (server.readShort(slot + Layouts.SLOT_VALID_COUNT) < inSlot) {
      getAttributes.call(slot, inSlot);
    }
    int values = server.readInt(slot + Layouts.SLOT_VALUES);
    int nulls = server.readInt(slot + Layouts.SLOT_NULLS);

    for (int i = 0; i < count; i++) {
      int attribute = attributes.address(i);
      if (!Attributes.isPublished(server, attribute, columns, generated)) {
        continue;
      }
      if (server.readByte(nulls + i) != 0) {
        message.nullColumn();
        continue;
      }
      int value = server.readInt(values + 4 * i);
      if (server.readShort(attribute + Layouts.ATTRIBUTE_LENGTH) == -1
          && server.readByte(value) == VARATT_EXTERNAL
          && server.readByte(value + 1) == VARTAG_ONDISK) {
        message.unchangedColumn();
        continue;
      }
      TypeOutput type = types.of(server.readInt(attribute + Layouts.ATTRIBUTE_TYPE));
      if (binary && type.sendFunction() != 0) {
        writeBinary(type, value);
      } else {
        writeText(type, value);
      }
    }
  }

  private void writeBinary(TypeOutput type, int value) {
    int sent = server.call("pg_detoast_datum", send.call(type.sendFunction(), 0, value));
    // VARSIZE of a detoasted value: a header of 4 bytes whose two low bits are 0
    int length = (server.readInt(sent) >>> 2) - 4;
    message.binaryColumn(server.memory().arrayOf(sent), LinearMemory.indexOf(sent + 4), length);
  }

  // What output functions allocate stays until pgoutput resets its context after the change.
  private void writeText(TypeOutput type, int value) {
    switch (type.form()) {
      case INT2 -> message.textColumn((short) value);
      case INT4 -> message.textColumn((long) value);
      case INT8 -> message.textColumn(server.readLong(value));
      case OID -> message.textColumn(Integer.toUnsignedLong(value));
      case BOOL -> message.textColumn((value & 0xff) != 0 ? 't' : 'f');
      case BYTES -> {
        if (!writePlainBytes(value)) {
          writeOutput(type, value);
        }
      }
      case FUNCTION -> writeOutput(type, value);
    }
  }

  /** Copies an uncompressed value that is here in full; false if it is of another kind. */
  private boolean writePlainBytes(int value) {
    int header = server.readByte(value);
    if ((header & 1) != 0 && header != VARATT_EXTERNAL) {
      text.write(message, value + 1, (header >>> 1) - 1);
      return true;
    }
    if ((header & 3) == 0) {
      text.write(message, value + 4, (server.readInt(value) >>> 2) - 4);
      return true;
    }
    return false;
  }

  private void writeOutput(TypeOutput type, int value) {
    int string = output.call(type.outputFunction(), value);
    text.write(message, string, server.cStringLength(string));
  }
}

package dev.zerolite.pglite.decode;

import java.util.HashMap;
import java.util.Map;

/** Each type's output functions, looked up once per transaction. */
final class TypeOutputs {
  /** How a type's values become text. */
  enum Form {
    /** The value's bytes are its text. */
    BYTES,
    INT2,
    INT4,
    INT8,
    OID,
    BOOL,
    /** Ask the output function. */
    FUNCTION
  }

  /** catalog/pg_proc.dat: textout and others that only copy, then the integers' functions. */
  private static Form form(int outputFunction) {
    return switch (outputFunction) {
      case 47, 1047, 1045, 322 -> Form.BYTES; // textout, varcharout, bpcharout, json_out
      case 39 -> Form.INT2;
      case 43 -> Form.INT4;
      case 461 -> Form.INT8;
      case 1799 -> Form.OID;
      case 1243 -> Form.BOOL;
      default -> Form.FUNCTION;
    };
  }

  record TypeOutput(Form form, int outputFunction, int sendFunction) {}

  private final Server server;
  private final Map<Integer, TypeOutput> known = new HashMap<>();

  TypeOutputs(Server server) {
    this.server = server;
  }

  void forget() {
    known.clear();
  }

  TypeOutput of(int type) {
    TypeOutput output = known.get(type);
    if (output == null) {
      output = read(type);
      known.put(type, output);
    }
    return output;
  }

  private TypeOutput read(int type) {
    int tuple = server.call("SearchSysCache1", Layouts.CACHE_TYPE, type);
    if (tuple == 0) {
      throw server.raise("cache lookup failed for type " + Integer.toUnsignedString(type));
    }
    int form = server.tupleStruct(tuple);
    int outputFunction = server.readInt(form + Layouts.TYPE_OUTPUT);
    int sendFunction = server.readInt(form + Layouts.TYPE_SEND);
    server.call("ReleaseSysCache", tuple);
    return new TypeOutput(form(outputFunction), outputFunction, sendFunction);
  }
}

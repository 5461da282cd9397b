package dev.zerolite.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A message that a client sends, or what shall look like one.
 *
 * @param text what it is, for a failed test's report
 */
record FrontendMessage(String text, byte[] bytes) {
  private interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  /** A parameter value of Bind or FunctionCall, and its format code. */
  record Value(int format, byte[] bytes) {
    static Value text(String value) {
      return new Value(0, value.getBytes(UTF_8));
    }

    @Override
    public String toString() {
      return format + ":" + (bytes == null ? "null" : new String(bytes, UTF_8));
    }
  }

  private static FrontendMessage of(char type, String text, Body body) {
    var bytes = new ByteArrayOutputStream();
    try {
      body.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new FrontendMessage(text, RawClient.message(type, bytes.toByteArray()));
  }

  static FrontendMessage query(String sql) {
    return of('Q', "Query(" + sql + ")", out -> string(out, sql));
  }

  static FrontendMessage parse(String name, String sql, List<Integer> types) {
    return of(
        'P',
        "Parse(" + name + ", " + sql + ", " + types + ")",
        out -> {
          string(out, name);
          string(out, sql);
          out.writeShort(types.size());
          for (int type : types) {
            out.writeInt(type);
          }
        });
  }

  /** Bind with one format code for each value and, if not negative, one for all results. */
  static FrontendMessage bind(String portal, String statement, List<Value> values, int format) {
    return of(
        'B',
        "Bind(" + portal + ", " + statement + ", " + values + ", " + format + ")",
        out -> {
          string(out, portal);
          string(out, statement);
          values(out, values);
          out.writeShort(format < 0 ? 0 : 1);
          if (format >= 0) {
            out.writeShort(format);
          }
        });
  }

  static FrontendMessage describe(char kind, String name) {
    return named('D', "Describe", kind, name);
  }

  static FrontendMessage close(char kind, String name) {
    return named('C', "Close", kind, name);
  }

  private static FrontendMessage named(char type, String text, char kind, String name) {
    return of(
        type,
        text + "(" + kind + " " + name + ")",
        out -> {
          out.writeByte(kind);
          string(out, name);
        });
  }

  static FrontendMessage execute(String portal, int rows) {
    return of(
        'E',
        "Execute(" + portal + ", " + rows + ")",
        out -> {
          string(out, portal);
          out.writeInt(rows);
        });
  }

  static FrontendMessage functionCall(int function, List<Value> values, int format) {
    return of(
        'F',
        "FunctionCall(" + function + ", " + values + ", " + format + ")",
        out -> {
          out.writeInt(function);
          values(out, values);
          out.writeShort(format);
        });
  }

  static FrontendMessage flush() {
    return of('H', "Flush", out -> {});
  }

  static FrontendMessage sync() {
    return of('S', "Sync", out -> {});
  }

  static FrontendMessage terminate() {
    return of('X', "Terminate", out -> {});
  }

  static FrontendMessage copyData(byte[] data) {
    return of('d', "CopyData(" + readable(data) + ")", out -> out.write(data));
  }

  static FrontendMessage copyDone() {
    return of('c', "CopyDone", out -> {});
  }

  static FrontendMessage copyFail(String reason) {
    return of('f', "CopyFail(" + reason + ")", out -> string(out, reason));
  }

  /** Bytes that are sent as they are. */
  static FrontendMessage raw(byte[] bytes) {
    return new FrontendMessage("bytes(" + readable(bytes) + ")", bytes);
  }

  private static void values(DataOutputStream out, List<Value> values) throws IOException {
    out.writeShort(values.size());
    for (Value value : values) {
      out.writeShort(value.format());
    }
    out.writeShort(values.size());
    for (Value value : values) {
      if (value.bytes() == null) {
        out.writeInt(-1);
      } else {
        out.writeInt(value.bytes().length);
        out.write(value.bytes());
      }
    }
  }

  private static void string(DataOutputStream out, String value) throws IOException {
    out.write(value.getBytes(UTF_8));
    out.writeByte(0);
  }

  /** Every byte, so that a report can be replayed. */
  static String readable(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte one : bytes) {
      if (one >= ' ' && one < 127 && one != '\\') {
        text.append((char) one);
      } else {
        text.append("\\x%02x".formatted(one));
      }
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return text;
  }
}

package dev.zerolite.pglite.build.wasm;

/**
 * One import.
 *
 * @param descriptor what follows the kind in the binary: type index, limits or global type
 */
public record Import(String module, String name, Kind kind, byte[] descriptor) {
  /** The kinds of imports and exports, in the order of their codes. */
  public enum Kind {
    FUNCTION,
    TABLE,
    MEMORY,
    GLOBAL;

    static Kind of(int code) {
      if (code >= values().length) {
        throw new WasmFormatException("import or export kind " + code + " is not supported");
      }
      return values()[code];
    }
  }

  static Import read(ByteSource in) {
    String module = in.name();
    String name = in.name();
    Kind kind = Kind.of(in.u8());
    int start = in.position();
    switch (kind) {
      case FUNCTION -> in.u32();
      case TABLE -> {
        in.valueType();
        skipLimits(in);
      }
      case MEMORY -> skipLimits(in);
      case GLOBAL -> {
        in.valueType();
        in.u8();
      }
    }
    return new Import(module, name, kind, in.since(start));
  }

  private static void skipLimits(ByteSource in) {
    int flags = in.u32();
    in.u32();
    if ((flags & 1) != 0) {
      in.u32();
    }
  }

  void write(ByteSink out) {
    out.name(module).name(name).u8(kind.ordinal()).bytes(descriptor);
  }

  /** The type index of an imported function. */
  int typeIndex() {
    return new ByteSource(descriptor).u32();
  }
}

package dev.zerolite.pglite.build.wasm;

/** One export; the index counts imports first, as everywhere in the binary format. */
public record Export(String name, Import.Kind kind, int index) {
  static Export read(ByteSource in) {
    return new Export(in.name(), Import.Kind.of(in.u8()), in.u32());
  }

  void write(ByteSink out) {
    out.name(name).u8(kind.ordinal()).u32(index);
  }
}

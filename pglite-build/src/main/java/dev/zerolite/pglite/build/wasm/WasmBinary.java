package dev.zerolite.pglite.build.wasm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A WebAssembly module that can be read, changed and written again.
 *
 * <p>Function bodies stay bytes until someone asks for their instructions. Function and global
 * indexes count the imports first; new functions, types, globals and exports go to the end, so no
 * index ever shifts.
 */
public final class WasmBinary {
  private static final int CUSTOM = 0;
  private static final int TYPE = 1;
  private static final int IMPORT = 2;
  private static final int FUNCTION = 3;
  private static final int GLOBAL = 6;
  private static final int EXPORT = 7;
  private static final int ELEMENT = 9;
  private static final int CODE = 10;
  private static final int DATA = 11;
  private static final int DATA_COUNT = 12;

  /** Magic number and version 1. */
  private static final byte[] HEADER = {0, 'a', 's', 'm', 1, 0, 0, 0};

  /** A section in the order of the file; those that the lists below mirror have no payload. */
  private record Section(int id, byte[] payload) {}

  private final List<Section> sections = new ArrayList<>();
  private final List<FunctionType> types = new ArrayList<>();
  private final Map<FunctionType, Integer> typeIndexes = new HashMap<>();
  private final List<Import> imports = new ArrayList<>();
  private final List<Integer> functionTypes = new ArrayList<>();
  private final List<Global> globals = new ArrayList<>();
  private final List<Export> exports = new ArrayList<>();
  private final List<byte[]> bodies = new ArrayList<>();
  private final List<DataSegment> data = new ArrayList<>();
  private int importedFunctions;
  private int importedGlobals;

  private WasmBinary() {}

  /** A module with nothing in it. */
  public static WasmBinary empty() {
    return new WasmBinary();
  }

  /** Reads a module; the bytes are copied where needed. */
  public static WasmBinary parse(byte[] bytes) {
    ByteSource in = new ByteSource(bytes);
    if (!Arrays.equals(in.bytes(HEADER.length), HEADER)) {
      throw new WasmFormatException("this is no WebAssembly module of version 1");
    }
    WasmBinary module = new WasmBinary();
    while (!in.atEnd()) {
      module.readSection(in.u8(), in.bytes(in.u32()));
    }
    return module;
  }

  private void readSection(int id, byte[] payload) {
    ByteSource in = new ByteSource(payload);
    switch (id) {
      case TYPE -> in.list(FunctionType::read).forEach(this::appendType);
      case IMPORT -> in.list(Import::read).forEach(this::appendImport);
      case FUNCTION -> functionTypes.addAll(in.list(ByteSource::u32));
      case GLOBAL -> globals.addAll(in.list(Global::read));
      case EXPORT -> exports.addAll(in.list(Export::read));
      case CODE -> bodies.addAll(in.list(source -> source.bytes(source.u32())));
      case DATA -> data.addAll(in.list(DataSegment::read));
      default -> {
        sections.add(new Section(id, payload));
        return;
      }
    }
    sections.add(new Section(id, null));
  }

  private void appendType(FunctionType type) {
    typeIndexes.putIfAbsent(type, types.size());
    types.add(type);
  }

  private void appendImport(Import imported) {
    imports.add(imported);
    switch (imported.kind()) {
      case FUNCTION -> {
        functionTypes.add(imported.typeIndex());
        importedFunctions++;
      }
      case GLOBAL -> importedGlobals++;
      default -> {}
    }
  }

  /** The module in the binary format. */
  public byte[] toByteArray() {
    ByteSink out = new ByteSink().bytes(HEADER);
    for (Section section : sections) {
      ByteSink body = new ByteSink();
      switch (section.id()) {
        case TYPE -> body.list(types, (sink, type) -> type.write(sink));
        case IMPORT -> body.list(imports, (sink, i) -> i.write(sink));
        case FUNCTION ->
            body.list(
                functionTypes.subList(importedFunctions, functionTypes.size()), ByteSink::u32);
        case GLOBAL -> body.list(globals, (sink, global) -> global.write(sink));
        case EXPORT -> body.list(exports, (sink, export) -> export.write(sink));
        case CODE -> body.list(bodies, ByteSink::sized);
        case DATA -> body.list(data, writeDataSegment());
        default -> body.bytes(section.payload());
      }
      out.u8(section.id()).sized(body.toByteArray());
    }
    return out.toByteArray();
  }

  private static BiConsumer<ByteSink, DataSegment> writeDataSegment() {
    return (sink, segment) -> {
      if (segment.offset() == null) {
        sink.u8(1);
      } else {
        sink.u8(0).bytes(segment.offset());
      }
      sink.sized(segment.bytes());
    };
  }

  // ---- types and imports ----

  public List<FunctionType> types() {
    return Collections.unmodifiableList(types);
  }

  public FunctionType type(int index) {
    return types.get(index);
  }

  /** The index of a type, which is added if the module does not have it yet. */
  public int indexOf(FunctionType type) {
    Integer known = typeIndexes.get(type);
    if (known != null) {
      return known;
    }
    ensureSection(TYPE);
    appendType(type);
    return types.size() - 1;
  }

  public List<Import> imports() {
    return Collections.unmodifiableList(imports);
  }

  /** The index of an imported function. */
  public int importedFunction(String module, String name) {
    int index = 0;
    for (Import candidate : imports) {
      if (candidate.kind() == Import.Kind.FUNCTION) {
        if (candidate.module().equals(module) && candidate.name().equals(name)) {
          return index;
        }
        index++;
      }
    }
    throw new NoSuchElementException("the module imports no function " + module + "." + name);
  }

  /** Replaces the limits or type of an import. */
  public void replaceImport(String module, String name, Function<Import, byte[]> descriptor) {
    for (int i = 0; i < imports.size(); i++) {
      Import old = imports.get(i);
      if (old.module().equals(module) && old.name().equals(name)) {
        imports.set(i, new Import(module, name, old.kind(), descriptor.apply(old)));
        return;
      }
    }
    throw new NoSuchElementException("the module imports no " + module + "." + name);
  }

  // ---- functions ----

  public int functionCount() {
    return functionTypes.size();
  }

  public int importedFunctionCount() {
    return importedFunctions;
  }

  /** The index of a function's type. */
  public int functionTypeIndex(int function) {
    return functionTypes.get(function);
  }

  public FunctionType functionType(int function) {
    return types.get(functionTypes.get(function));
  }

  /** The body of a defined function: local declarations, instructions, end. */
  public byte[] body(int function) {
    return bodies.get(function - importedFunctions);
  }

  public void replaceBody(int function, byte[] body) {
    bodies.set(function - importedFunctions, body);
  }

  /** Adds a function and returns its index; its body follows by {@link #replaceBody}. */
  public int addFunction(FunctionType type, byte[] body) {
    ensureSection(FUNCTION);
    ensureSection(CODE);
    functionTypes.add(indexOf(type));
    bodies.add(body);
    return functionTypes.size() - 1;
  }

  // ---- globals, exports, data ----

  public int addGlobal(Global global) {
    ensureSection(GLOBAL);
    globals.add(global);
    return importedGlobals + globals.size() - 1;
  }

  public int globalCount() {
    return importedGlobals + globals.size();
  }

  public List<Export> exports() {
    return Collections.unmodifiableList(exports);
  }

  public void addExport(Export export) {
    if (find(export.name(), export.kind()).isPresent()) {
      throw new IllegalArgumentException("the module exports " + export.name() + " already");
    }
    ensureSection(EXPORT);
    exports.add(export);
  }

  /** Makes an empty section in its place if the module lacks it. */
  private void ensureSection(int id) {
    int place = 0;
    for (int i = 0; i < sections.size(); i++) {
      int present = sections.get(i).id();
      if (present == id) {
        return;
      }
      // Data count (12) stands before the code, but none of the sections made here comes so late.
      if (present != CUSTOM && present < id) {
        place = i + 1;
      }
    }
    sections.add(place, new Section(id, null));
  }

  private Optional<Export> find(String name, Import.Kind kind) {
    return exports.stream().filter(e -> e.kind() == kind && e.name().equals(name)).findFirst();
  }

  /** The index of an exported function. */
  public OptionalInt exportedFunction(String name) {
    return find(name, Import.Kind.FUNCTION).stream().mapToInt(Export::index).findFirst();
  }

  /** The linear-memory address of an exported C variable: the value of the exported global. */
  public OptionalInt exportedAddress(String name) {
    return find(name, Import.Kind.GLOBAL)
        .map(export -> globals.get(export.index() - importedGlobals).constant())
        .orElse(OptionalInt.empty());
  }

  public List<DataSegment> data() {
    return Collections.unmodifiableList(data);
  }

  /**
   * The functions that indirect calls can reach: those in element segments, and the exported ones,
   * which a dynamic linker may put into a table.
   */
  public BitSet functionsCallableThroughTables() {
    BitSet functions = functionsInTables();
    for (Export export : exports) {
      if (export.kind() == Import.Kind.FUNCTION) {
        functions.set(export.index());
      }
    }
    return functions;
  }

  /** The functions that the module itself puts into tables. */
  public BitSet functionsInTables() {
    BitSet functions = new BitSet();
    for (Section section : sections) {
      if (section.id() == ELEMENT) {
        ElementSegments.functions(new ByteSource(section.payload())).forEach(functions::set);
      }
    }
    return functions;
  }

  // ---- making a module small ----

  /**
   * Replaces every body by {@code unreachable} and drops custom sections, except those named. What
   * stays is enough to instantiate the module when its code is in compiled classes.
   */
  public void strip(Set<String> keptCustomSections) {
    byte[] unreachable = new ByteSink().u8(0).u8(Opcode.UNREACHABLE).u8(Opcode.END).toByteArray();
    bodies.replaceAll(body -> unreachable);
    sections.removeIf(
        section ->
            section.id() == DATA_COUNT
                || section.id() == CUSTOM
                    && !keptCustomSections.contains(new ByteSource(section.payload()).name()));
  }
}

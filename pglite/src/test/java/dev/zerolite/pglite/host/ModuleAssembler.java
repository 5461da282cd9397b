package dev.zerolite.pglite.host;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes small wasm modules, section by section, as the WebAssembly core specification has them.
 */
final class ModuleAssembler {
  static final int I32 = 0x7f;
  static final int I64 = 0x7e;
  static final int F64 = 0x7c;
  private static final int FUNCTION = 0;
  private static final int TABLE = 1;
  private static final int MEMORY = 2;
  private static final int GLOBAL = 3;

  private byte[] customSection = new byte[0];
  private final List<byte[]> types = new ArrayList<>();
  private final List<byte[]> imports = new ArrayList<>();
  private final List<byte[]> functions = new ArrayList<>();
  private final List<byte[]> globals = new ArrayList<>();
  private final List<byte[]> exports = new ArrayList<>();
  private final List<byte[]> bodies = new ArrayList<>();
  private final List<byte[]> data = new ArrayList<>();
  private boolean hasTable;
  private int importedFunctions;
  private int importedGlobals;

  ModuleAssembler custom(String name, int... content) {
    customSection = section(0, string(name), bytes(content));
    return this;
  }

  ModuleAssembler importMemory() {
    imports.add(join(string("env"), string("memory"), bytes(MEMORY, 1, 1, 100)));
    return this;
  }

  ModuleAssembler importGlobal(String module, String name, boolean mutable) {
    imports.add(join(string(module), string(name), bytes(GLOBAL, I32, mutable ? 1 : 0)));
    importedGlobals++;
    return this;
  }

  /** Imports a function, and exports it again so that a test can call it. */
  ModuleAssembler importFunction(String module, String name, String signature) {
    imports.add(join(string(module), string(name), bytes(FUNCTION), unsigned(type(signature))));
    exports.add(join(string(name), bytes(FUNCTION), unsigned(importedFunctions++)));
    return this;
  }

  /** All function imports must come first. */
  ModuleAssembler function(String name, String signature, int... code) {
    int index = importedFunctions + functions.size();
    functions.add(unsigned(type(signature)));
    byte[] body = join(bytes(0), bytes(code), bytes(0x0b));
    bodies.add(join(unsigned(body.length), body));
    exports.add(join(string(name), bytes(FUNCTION), unsigned(index)));
    return this;
  }

  ModuleAssembler global(String name, boolean mutable, int value) {
    int index = importedGlobals + globals.size();
    globals.add(join(bytes(I32, mutable ? 1 : 0, 0x41), signed(value), bytes(0x0b)));
    exports.add(join(string(name), bytes(GLOBAL), unsigned(index)));
    return this;
  }

  ModuleAssembler table() {
    hasTable = true;
    exports.add(join(string("__indirect_function_table"), bytes(TABLE, 0)));
    return this;
  }

  ModuleAssembler dataAtGlobal(int global, String text) {
    data.add(join(bytes(0, 0x23), unsigned(global), bytes(0x0b), string(text)));
    return this;
  }

  ModuleAssembler dataAt(int address, String text) {
    data.add(join(bytes(0, 0x41), signed(address), bytes(0x0b), string(text)));
    return this;
  }

  byte[] assemble() {
    return join(
        bytes(0, 'a', 's', 'm', 1, 0, 0, 0),
        customSection,
        vector(1, types),
        vector(2, imports),
        vector(3, functions),
        hasTable ? section(4, bytes(1, 0x70, 0, 4)) : new byte[0],
        vector(6, globals),
        vector(7, exports),
        vector(10, bodies),
        vector(11, data));
  }

  private int type(String signature) {
    byte[] parameters = new byte[signature.length() - 1];
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = (byte) valueType(signature.charAt(i + 1));
    }
    char result = signature.charAt(0);
    types.add(
        join(
            bytes(0x60, parameters.length),
            parameters,
            result == 'v' ? bytes(0) : bytes(1, valueType(result))));
    return types.size() - 1;
  }

  private static int valueType(char letter) {
    return letter == 'i' ? I32 : letter == 'j' ? I64 : F64;
  }

  private static byte[] vector(int id, List<byte[]> entries) {
    return entries.isEmpty()
        ? new byte[0]
        : section(id, unsigned(entries.size()), join(entries.toArray(byte[][]::new)));
  }

  private static byte[] section(int id, byte[]... content) {
    byte[] all = join(content);
    return join(bytes(id), unsigned(all.length), all);
  }

  private static byte[] string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return join(unsigned(bytes.length), bytes);
  }

  private static byte[] unsigned(int value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int rest = value;
    while (rest >= 0x80) {
      out.write(rest | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
    return out.toByteArray();
  }

  private static byte[] signed(int value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int rest = value;
    while (rest < -64 || rest > 63) {
      out.write((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    out.write(rest & 0x7f);
    return out.toByteArray();
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}

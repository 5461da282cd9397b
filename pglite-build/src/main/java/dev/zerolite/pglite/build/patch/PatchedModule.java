package dev.zerolite.pglite.build.patch;

import dev.zerolite.pglite.build.wasm.ByteSink;
import dev.zerolite.pglite.build.wasm.ByteSource;
import dev.zerolite.pglite.build.wasm.Import;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The main module with all patches.
 *
 * @param module the module, changed
 * @param symbols addresses of variables by name
 */
public record PatchedModule(WasmBinary module, SortedMap<String, Integer> symbols) {
  /**
   * The least pages that a process may start with. The stock module asks for 128 MB; its data end
   * at 3 MB, its stack at 11.4 MB unless the host lets it begin lower, and malloc asks for more
   * when it needs more.
   */
  public static final int MINIMUM_PAGES = 128;

  /** Patches a stock module in place. */
  public static PatchedModule patch(WasmBinary module) {
    ModuleIndex index = new ModuleIndex(module);
    for (List<Variable> variables : List.of(SessionPatches.VARIABLES, EncodingExports.VARIABLES)) {
      variables.forEach(variable -> index.remember(variable.name(), variable.find(index)));
    }
    SessionPatches.EXPORTS.forEach(export -> export.addTo(module, index));
    DecodingExports.EXPORTS.forEach(export -> export.addTo(module, index));
    EncodingExports.EXPORTS.forEach(export -> export.addTo(module, index));
    SessionPatches.PATCHES.forEach(patch -> patch.apply(index));
    TextPatch.ALL.forEach(patch -> patch.apply(index));
    StackFrames.add(module, index);
    module.replaceImport("env", "memory", PatchedModule::lowerMinimum);
    return new PatchedModule(module, new TreeMap<>(index.addresses()));
  }

  private static byte[] lowerMinimum(Import memory) {
    ByteSource in = new ByteSource(memory.descriptor());
    int flags = in.u32();
    in.u32();
    ByteSink out = new ByteSink().u32(flags).u32(MINIMUM_PAGES);
    if (!in.atEnd()) {
      out.u32(in.u32());
    }
    return out.toByteArray();
  }
}

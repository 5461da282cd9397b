package dev.zerolite.pglite.build.patch;

import dev.zerolite.pglite.build.wasm.Export;
import dev.zerolite.pglite.build.wasm.Import;
import dev.zerolite.pglite.build.wasm.WasmBinary;

/**
 * An internal function that the host calls.
 *
 * @param name what it will be exported as
 */
public record AddedExport(String name, FunctionLocator locator) {
  void addTo(WasmBinary module, ModuleIndex index) {
    module.addExport(new Export(name, Import.Kind.FUNCTION, locator.find(name, index)));
  }
}

package dev.zerolite.pglite.host;

import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.stream.IntStream;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.CodeSection;
import run.endive.wasm.types.CustomSection;
import run.endive.wasm.types.DataSection;
import run.endive.wasm.types.ElementSection;
import run.endive.wasm.types.ExportSection;
import run.endive.wasm.types.FunctionBody;
import run.endive.wasm.types.FunctionSection;
import run.endive.wasm.types.GlobalSection;
import run.endive.wasm.types.ImportSection;
import run.endive.wasm.types.MemorySection;
import run.endive.wasm.types.Section;
import run.endive.wasm.types.SectionId;
import run.endive.wasm.types.StartSection;
import run.endive.wasm.types.TableSection;
import run.endive.wasm.types.TagSection;
import run.endive.wasm.types.TypeSection;

/**
 * A module whose code was compiled to classes, parsed section by section: nobody needs the bodies
 * of its functions, nor, where a prepared process is at hand, its data. On a cold JVM that and the
 * checksum that Endive's parser makes of a whole module are most of the time that it takes.
 *
 * <p>No validation: that was done when it was compiled.
 */
final class ModuleSections {
  private static final int[] ALL_BUT_CODE_AND_DATA = {
    SectionId.CUSTOM,
    SectionId.TYPE,
    SectionId.IMPORT,
    SectionId.FUNCTION,
    SectionId.TABLE,
    SectionId.MEMORY,
    SectionId.TAG,
    SectionId.GLOBAL,
    SectionId.EXPORT,
    SectionId.START,
    SectionId.ELEMENT
  };

  private final byte[] wasm;

  ModuleSections(byte[] wasm) {
    this.wasm = wasm;
  }

  /** Everything but what its functions do, and without data unless it is a dynamic library. */
  WasmModule module() {
    WasmModule.Builder module = WasmModule.builder().withValidation(false);
    parse(module, ALL_BUT_CODE_AND_DATA);
    WasmModule withoutData = module.build();
    return DynamicLinkInfo.of(withoutData).isPresent()
        ? module.setDataSection(data()).build()
        : withoutData;
  }

  DataSection data() {
    WasmModule.Builder module = WasmModule.builder().withValidation(false);
    parse(module, SectionId.DATA);
    return module.build().dataSection();
  }

  private void parse(WasmModule.Builder module, int... sections) {
    Parser.Builder parser = Parser.builder().withValidation(false);
    for (int section : sections) {
      parser.includeSectionId(section);
    }
    parser.build().parse(new ByteArrayInputStream(wasm), section -> add(module, section));
  }

  private static void add(WasmModule.Builder module, Section section) {
    if (section instanceof CustomSection custom) {
      module.addCustomSection(custom.name(), custom);
    } else if (section instanceof TypeSection types) {
      module.setTypeSection(types);
    } else if (section instanceof ImportSection imports) {
      module.setImportSection(imports);
    } else if (section instanceof FunctionSection functions) {
      module.setFunctionSection(functions).setCodeSection(bodies(functions.functionCount()));
    } else if (section instanceof TableSection tables) {
      module.setTableSection(tables);
    } else if (section instanceof MemorySection memories) {
      module.setMemorySection(memories);
    } else if (section instanceof TagSection tags) {
      module.setTagSection(tags);
    } else if (section instanceof GlobalSection globals) {
      module.setGlobalSection(globals);
    } else if (section instanceof ExportSection exports) {
      module.setExportSection(exports);
    } else if (section instanceof StartSection start) {
      module.setStartSection(start);
    } else if (section instanceof ElementSection elements) {
      module.setElementSection(elements);
    } else if (section instanceof DataSection data) {
      module.setDataSection(data);
    } else {
      throw new HostFault("the program has a section of kind " + section.sectionId());
    }
  }

  /** A module must have as many bodies as functions. */
  private static CodeSection bodies(int count) {
    FunctionBody empty = new FunctionBody(List.of(), List.of());
    CodeSection.Builder code = CodeSection.builder();
    IntStream.range(0, count).forEach(i -> code.addFunctionBody(empty));
    return code.build();
  }
}

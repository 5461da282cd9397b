package dev.zerolite.pglite.host;

import dev.zerolite.pglite.wasm.SpareArrays;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import run.endive.runtime.Instance;
import run.endive.runtime.InterpreterMachine;
import run.endive.runtime.Machine;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.DataSection;
import run.endive.wasm.types.Export;
import run.endive.wasm.types.ExportSection;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ImportSection;
import run.endive.wasm.types.MemoryImport;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.TypeSection;
import run.endive.wasm.types.ValType;

/**
 * An executable or a dynamic library: the parsed module with the classes that its code was compiled
 * to. Immutable in effect and shared by all processes that run it.
 */
public final class Program {
  private static final Logger LOG = LoggerFactory.getLogger(Program.class);

  private final String name;
  private final WasmModule module;
  private final Supplier<DataSection> data;
  private final Function<Instance, Machine> machines;
  private final Map<String, Export> exports = new HashMap<>();
  private final Map<String, WasmModule> hostFunctionModules = new ConcurrentHashMap<>();

  /** Whichever cluster they belong to, its processes have memories of equal length. */
  private final SpareArrays spareArrays = new SpareArrays();

  /** Worked out for the first process. */
  private InitialImage initialImage;

  /** Made for the first process that inherits the library. */
  private WasmModule moduleWithoutData;

  private Program(
      String name,
      WasmModule module,
      Supplier<DataSection> data,
      Function<Instance, Machine> machines) {
    this.name = name;
    this.module = module;
    this.data = data;
    this.machines = machines;
    ExportSection section = module.exportSection();
    for (int i = 0; i < section.exportCount(); i++) {
      exports.put(section.getExport(i).name(), section.getExport(i));
    }
  }

  /**
   * A program whose code was compiled to a class (function bodies in the module are not looked at).
   *
   * @param name what it is called in messages
   * @param className a class that implements Endive's Machine over an Instance
   * @throws ClassNotFoundException if there is no such class
   */
  public static Program compiled(
      String name, byte[] wasm, String className, ClassLoader classLoader)
      throws ClassNotFoundException {
    ModuleSections sections = new ModuleSections(wasm);
    return new Program(
        name,
        sections.module(),
        sections::data,
        factory(Class.forName(className, true, classLoader)));
  }

  /** A program for Endive's interpreter, slower by orders of magnitude. */
  public static Program interpreted(String name, byte[] wasm) {
    LOG.warn(
        "{} was not compiled and runs in the interpreter, very slowly; add it to the libraries that"
            + " the engine build compiles",
        name);
    WasmModule module =
        Parser.builder().withValidation(false).build().parse(() -> new ByteArrayInputStream(wasm));
    return new Program(name, module, module::dataSection, InterpreterMachine::new);
  }

  private static Function<Instance, Machine> factory(Class<?> machineClass) {
    Constructor<? extends Machine> constructor;
    try {
      constructor = machineClass.asSubclass(Machine.class).getConstructor(Instance.class);
    } catch (NoSuchMethodException e) {
      throw new IllegalArgumentException(
          machineClass + " is not a compiled wasm module; rebuild the engine", e);
    }
    return instance -> {
      try {
        return constructor.newInstance(instance);
      } catch (InvocationTargetException e) {
        throw new IllegalStateException("cannot instantiate " + machineClass, e.getCause());
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot instantiate " + machineClass, e);
      }
    };
  }

  String name() {
    return name;
  }

  /** Without the data of a program that was compiled: {@link #initialImage} has it. */
  WasmModule module() {
    return module;
  }

  Function<Instance, Machine> machines() {
    return machines;
  }

  SpareArrays spareArrays() {
    return spareArrays;
  }

  boolean exports(String symbol) {
    return exports.containsKey(symbol);
  }

  /** The export of that name, or null. */
  Export export(String symbol) {
    return exports.get(symbol);
  }

  /** True for an exported function with a body of its own, not one that is passed on. */
  boolean definesFunction(String symbol) {
    Export export = exports.get(symbol);
    return export != null
        && export.exportType() == ExternalType.FUNCTION
        && export.index() >= module.importSection().count(ExternalType.FUNCTION);
  }

  /** The index of an exported function. */
  int functionIndex(String symbol) {
    Export export = exports.get(symbol);
    if (export == null || export.exportType() != ExternalType.FUNCTION) {
      throw new HostFault(name + " exports no function " + symbol + "; is it the right version?");
    }
    return export.index();
  }

  /** The limits of the memory that the program imports or defines. */
  MemoryLimits memoryLimits() {
    ImportSection imports = module.importSection();
    for (int i = 0; i < imports.importCount(); i++) {
      if (imports.getImport(i) instanceof MemoryImport memory) {
        return memory.limits();
      }
    }
    return module
        .memorySection()
        .map(section -> section.getMemory(0).limits())
        .orElseThrow(() -> new HostFault(name + " has no memory"));
  }

  /** What a fresh process of this program holds; not for libraries, which have no fixed place. */
  synchronized InitialImage initialImage() {
    if (initialImage == null) {
      initialImage = InitialImage.of(module, data);
    }
    return initialImage;
  }

  /** The library for a process whose memory holds its data already. */
  synchronized WasmModule moduleWithoutData() {
    if (moduleWithoutData == null) {
      moduleWithoutData = InitialImage.withoutData(module);
    }
    return moduleWithoutData;
  }

  /**
   * A module that imports one function of that signature. call_indirect compares type indexes of
   * the two modules involved, so the type must have the index that this program gives it.
   */
  WasmModule hostFunctionModule(String signature) {
    return hostFunctionModules.computeIfAbsent(
        signature,
        s -> {
          FunctionType type = functionType(s);
          TypeSection types = module.typeSection();
          int index = List.of(types.types()).indexOf(type);
          if (index < 0) {
            types = TypeSection.builder().addFunctionType(type).build();
            index = 0;
          }
          return WasmModule.builder()
              .setTypeSection(types)
              .setImportSection(
                  ImportSection.builder().addImport(new FunctionImport("host", s, index)).build())
              .build();
        });
  }

  private static FunctionType functionType(String signature) {
    List<ValType> parameters =
        signature.substring(1).chars().mapToObj(letter -> valueType((char) letter)).toList();
    char result = signature.charAt(0);
    return FunctionType.of(
        parameters, result == 'v' ? List.<ValType>of() : List.of(valueType(result)));
  }

  private static ValType valueType(char letter) {
    return switch (letter) {
      case 'i' -> ValType.I32;
      case 'j' -> ValType.I64;
      case 'f' -> ValType.F32;
      case 'd' -> ValType.F64;
      default -> throw new IllegalArgumentException("no value type '" + letter + "'");
    };
  }

  /** What the dylink.0 section says, empty if this is not a dynamic library. */
  Optional<DynamicLinkInfo> dynamicLinkInfo() {
    return DynamicLinkInfo.of(module);
  }
}

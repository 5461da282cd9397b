package dev.zerolite.pglite.build.split;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerolite.pglite.build.wasm.Export;
import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Global;
import dev.zerolite.pglite.build.wasm.Import;
import dev.zerolite.pglite.build.wasm.ValueType;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import run.endive.runtime.Instance;
import run.endive.wasm.Parser;

/** Functions must do the same before and after. Endive's parser checks that they are valid. */
class FunctionSplitterTest {
  private static final SplitLimits TINY = new SplitLimits(120, 60, 12);
  private static final int RANGE_SIZE = 30;
  private static final long[][] ARGUMENTS = {
    {0, 0, 0}, {1, 2, 3}, {7, -1, 1L << 40}, {13, 5, -9}, {-100, 100, 77}
  };

  private static WasmBinary module(FunctionCode code) {
    WasmBinary module = WasmBinary.empty();
    module.addGlobal(Global.zero(ValueType.I32));
    int function = module.addFunction(code.type(), code.encode());
    module.addExport(new Export("run", Import.Kind.FUNCTION, function));
    return module;
  }

  private static int[] results(WasmBinary module) {
    Instance instance = Instance.builder(Parser.parse(module.toByteArray())).build();
    return Arrays.stream(ARGUMENTS)
        .mapToInt(arguments -> (int) instance.export("run").apply(arguments)[0])
        .toArray();
  }

  @Property(tries = 400)
  void splitFunctionsDoTheSame(@ForAll long seed) {
    WasmBinary module = module(new RandomFunction(seed, 250).make());
    int[] before = results(module);
    FunctionSplitter.split(module, TINY);
    assertThat(results(module)).isEqualTo(before);
  }

  @Property(tries = 200)
  void switchesCutIntoRangesDoTheSame(@ForAll long seed) {
    FunctionCode code = new RandomFunction(seed, 250).make();
    int[] before = results(module(code));
    SwitchSplitter.split(code, RANGE_SIZE);
    assertThat(results(module(code))).isEqualTo(before);
  }

  @Property(tries = 200)
  void blocksWithoutResultsDoTheSame(@ForAll long seed) {
    FunctionCode code = new RandomFunction(seed, 250).make();
    int[] before = results(module(code));
    ResultBlocks.removeFrom(code);
    assertThat(results(module(code))).isEqualTo(before);
  }

  @Property(tries = 100)
  void codeIsReadAsItWasWritten(@ForAll long seed) {
    byte[] body = new RandomFunction(seed, 250).make().encode();
    WasmBinary module = WasmBinary.empty();
    module.addGlobal(Global.zero(ValueType.I32));
    int function = module.addFunction(RandomFunction.TYPE, body);
    assertThat(FunctionCode.decode(module, function).encode()).isEqualTo(body);
  }

  /** Else the properties above would prove nothing. */
  @Example
  void randomFunctionsAreReallySplit() {
    AtomicInteger regions = new AtomicInteger();
    AtomicInteger loops = new AtomicInteger();
    AtomicInteger ranges = new AtomicInteger();
    for (long seed = 0; seed < 50; seed++) {
      FunctionSplitter.Result result =
          FunctionSplitter.split(module(new RandomFunction(seed, 250).make()), TINY);
      regions.addAndGet(result.outlinedRegions());
      loops.addAndGet(result.outlinedLoops());
      ranges.addAndGet(
          SwitchSplitter.split(new RandomFunction(seed, 250).make(), RANGE_SIZE).size());
    }
    assertThat(regions.get()).isGreaterThan(200);
    assertThat(loops.get()).isGreaterThan(5);
    assertThat(ranges.get()).isGreaterThan(20);
  }
}

package dev.zerolite.pglite.build.split;

import dev.zerolite.pglite.build.split.RegionFinder.Candidate;
import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.Instruction;
import dev.zerolite.pglite.build.wasm.WasmBinary;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Splits the functions of a module that would become too big as JVM methods, and gives loops that
 * start with values on the operand stack a function of their own.
 */
public final class FunctionSplitter {
  /** Each round works on what the last one left; in practice two or three suffice. */
  private static final int MAX_ROUNDS = 12;

  private final WasmBinary module;
  private final SplitLimits limits;
  private final CarrierGlobals carriers;
  private final Map<Integer, Integer> stillBig = new TreeMap<>();
  private int outlinedLoops;
  private int outlinedRegions;
  private int splitFunctions;

  private FunctionSplitter(WasmBinary module, SplitLimits limits) {
    this.module = module;
    this.limits = limits;
    this.carriers = new CarrierGlobals(module);
  }

  /**
   * What was done.
   *
   * @param stillBig functions that stay above the limit, with their estimated sizes
   */
  public record Result(
      int splitFunctions, int outlinedRegions, int outlinedLoops, Map<Integer, Integer> stillBig) {
    public Result {
      stillBig = Map.copyOf(stillBig);
    }
  }

  /** Changes the module in place. */
  public static Result split(WasmBinary module, SplitLimits limits) {
    FunctionSplitter splitter = new FunctionSplitter(module, limits);
    // New functions come at the end and are looked at in their turn: they may be too big as well.
    for (int f = module.importedFunctionCount(); f < module.functionCount(); f++) {
      splitter.function(f);
    }
    return new Result(
        splitter.splitFunctions,
        splitter.outlinedRegions,
        splitter.outlinedLoops,
        splitter.stillBig);
  }

  private void function(int function) {
    FunctionCode code = FunctionCode.decode(module, function);
    Outliner outliner = new Outliner(module, carriers, code);
    boolean changed = outlineLoops(code, outliner);
    if (isTooBig(code)) {
      changed |= reduce(code, outliner);
      if (isTooBig(code)) {
        stillBig.put(function, new BytecodeSize().of(code));
      }
    }
    if (changed) {
      module.replaceBody(function, code.encode());
    }
  }

  private boolean isTooBig(FunctionCode code) {
    return new BytecodeSize().of(code) > limits.functionSize();
  }

  private boolean reduce(FunctionCode code, Outliner outliner) {
    boolean changed = false;
    ResultBlocks.removeFrom(code);
    if (SwitchSplitter.smallestWithout(code) > limits.functionSize()) {
      changed |= outlineSwitch(code, outliner);
    }
    changed |= shrink(code, outliner);
    if (isTooBig(code) && outlineSwitch(code, outliner)) {
      changed = true;
      shrink(code, outliner);
    }
    if (changed) {
      splitFunctions++;
    }
    return changed;
  }

  /** Makes functions of ranges of the largest switch's cases. */
  private boolean outlineSwitch(FunctionCode code, Outliner outliner) {
    List<SwitchSplitter.Segment> segments = SwitchSplitter.split(code, limits.regionSize());
    Liveness liveness = new Liveness(code);
    for (SwitchSplitter.Segment segment : segments) {
      List<Instruction> list = segment.list();
      Region region =
          Region.of(
              code,
              liveness,
              list,
              segment.from(),
              list.size(),
              SwitchSplitter.enclosing(code, list));
      if (region != null) {
        outliner.outline(region);
        outlinedRegions++;
      }
    }
    return !segments.isEmpty();
  }

  private boolean outlineLoops(FunctionCode code, Outliner outliner) {
    boolean changed = false;
    for (StackedLoops.Place place : StackedLoops.in(code)) {
      if (place.loop().result() != null) {
        continue;
      }
      int at = place.list().indexOf(place.loop());
      Region region =
          Region.of(code, new Liveness(code), place.list(), at, at + 1, place.enclosing());
      if (region != null) {
        outliner.outline(region);
        outlinedLoops++;
        changed = true;
      }
    }
    return changed;
  }

  private boolean shrink(FunctionCode code, Outliner outliner) {
    boolean changed = false;
    for (int round = 0; round < MAX_ROUNDS; round++) {
      List<Candidate> chosen = choose(code, outliner);
      if (chosen.isEmpty()) {
        break;
      }
      // Back to front, so that the places of the others stay what they are.
      chosen.sort(Comparator.comparingInt(Candidate::first).reversed());
      chosen.forEach(candidate -> outliner.outline(candidate.region()));
      outlinedRegions += chosen.size();
      changed = true;
    }
    return changed;
  }

  /** The best candidates that do not overlap, as many as are needed to reach the limit. */
  private List<Candidate> choose(FunctionCode code, Outliner outliner) {
    int size = new BytecodeSize().of(code);
    List<Candidate> chosen = new ArrayList<>();
    if (size <= limits.functionSize()) {
      return chosen;
    }
    List<Candidate> candidates = new RegionFinder(code, limits, outliner).find();
    candidates.sort(Comparator.comparingDouble(Candidate::score).reversed());
    TreeMap<Integer, Candidate> byStart = new TreeMap<>();
    for (Candidate candidate : candidates) {
      if (size <= limits.functionSize()) {
        break;
      }
      if (!overlaps(byStart, candidate)) {
        byStart.put(candidate.first(), candidate);
        chosen.add(candidate);
        size -= candidate.size() - RegionFinder.callSize(candidate.region());
      }
    }
    return chosen;
  }

  private static boolean overlaps(TreeMap<Integer, Candidate> chosen, Candidate candidate) {
    Map.Entry<Integer, Candidate> before = chosen.lowerEntry(candidate.last());
    return before != null && before.getValue().last() > candidate.first();
  }
}

package dev.zerolite.pglite.build.patch;

import dev.zerolite.pglite.build.BuildException;
import dev.zerolite.pglite.build.wasm.ByteSink;
import dev.zerolite.pglite.build.wasm.ByteSource;
import dev.zerolite.pglite.build.wasm.FunctionCode;
import dev.zerolite.pglite.build.wasm.WasmFormatException;
import java.util.Arrays;
import java.util.List;

/**
 * A change of one function.
 *
 * @param function PostgreSQL's name of the function, or of the one that was inlined into it
 * @param source the file in PostgreSQL's source tree
 * @param reason what the change is for
 * @param locator how the function is found
 * @param before the instructions that must occur exactly once; empty for the function's start
 * @param after what stands there afterwards
 */
public record Patch(
    String function,
    String source,
    String reason,
    FunctionLocator locator,
    Code before,
    Code after) {

  /** Runs code before the function's own. */
  public static Patch atStart(
      String function, String source, String reason, FunctionLocator locator, Code code) {
    return new Patch(function, source, reason, locator, null, code);
  }

  /** Replaces instructions that occur exactly once. */
  public static Patch replace(
      String function,
      String source,
      String reason,
      FunctionLocator locator,
      Code before,
      Code after) {
    return new Patch(function, source, reason, locator, before, after);
  }

  void apply(ModuleIndex index) {
    int target = locator.find(function, index);
    byte[] body = index.module().body(target);
    byte[] code = after.encode(index);
    byte[] patched;
    if (before == null) {
      int start = endOfLocals(body);
      patched = splice(body, start, start, code);
    } else {
      List<Code.Match> matches = before.findIn(body, index);
      if (matches.size() != 1) {
        throw new BuildException(
            "cannot patch PostgreSQL's function %s (%s, wasm function %d): the instructions to replace occur %d times instead of once. PGlite's wasm has changed; adapt the patch to this version."
                .formatted(function, source, target, matches.size()));
      }
      patched = splice(body, matches.get(0).start(), matches.get(0).end(), code);
    }
    index.module().replaceBody(target, patched);
    verify(index, target);
  }

  private static int endOfLocals(byte[] body) {
    ByteSource in = new ByteSource(body);
    int groups = in.u32();
    for (int i = 0; i < groups; i++) {
      in.u32();
      in.u8();
    }
    return in.position();
  }

  private static byte[] splice(byte[] body, int start, int end, byte[] code) {
    return new ByteSink()
        .bytes(Arrays.copyOf(body, start))
        .bytes(code)
        .bytes(Arrays.copyOfRange(body, end, body.length))
        .toByteArray();
  }

  /** The result must still be a well-formed function: a match in mid-instruction would show. */
  private void verify(ModuleIndex index, int target) {
    try {
      byte[] again = FunctionCode.decode(index.module(), target).encode();
      if (!Arrays.equals(again, index.module().body(target))) {
        throw new WasmFormatException("it reads differently than it was written");
      }
    } catch (WasmFormatException e) {
      throw new BuildException(
          "patching PostgreSQL's function %s (%s, wasm function %d) made it malformed"
              .formatted(function, source, target),
          e);
    }
  }
}

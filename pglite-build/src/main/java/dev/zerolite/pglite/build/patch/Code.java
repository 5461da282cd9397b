package dev.zerolite.pglite.build.patch;

import dev.zerolite.pglite.build.wasm.ByteSink;
import dev.zerolite.pglite.build.wasm.ByteSource;
import dev.zerolite.pglite.build.wasm.Opcode;
import dev.zerolite.pglite.build.wasm.WasmFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run of instructions, written down symbolically: the text that a patch inserts, and the pattern
 * that it looks for. Names of variables and functions are resolved when the module is known.
 * Immutable.
 */
public final class Code {
  private static final Code EMPTY = new Code(List.of());
  private static final int ALIGNED_TO_4 = 2;
  private static final int ALIGNED_TO_8 = 3;

  /** One instruction or a part of it. */
  private sealed interface Part {}

  private record Bytes(byte[] bytes) implements Part {}

  private record AddressOf(String variable) implements Part {}

  private record CallOf(String function) implements Part {}

  private record CallHost() implements Part {}

  /** In patterns only: an instruction with any immediate, which is remembered under a name. */
  private record Capture(int opcode, String name) implements Part {}

  private final List<Part> parts;

  private Code(List<Part> parts) {
    this.parts = parts;
  }

  public static Code code() {
    return EMPTY;
  }

  private Code with(Part part) {
    List<Part> longer = new ArrayList<>(parts);
    longer.add(part);
    return new Code(List.copyOf(longer));
  }

  private Code op(int... bytes) {
    ByteSink sink = new ByteSink();
    Arrays.stream(bytes).forEach(sink::u8);
    return with(new Bytes(sink.toByteArray()));
  }

  private Code opU32(int opcode, int immediate) {
    return with(new Bytes(new ByteSink().u8(opcode).u32(immediate).toByteArray()));
  }

  public Code then(Code next) {
    List<Part> all = new ArrayList<>(parts);
    all.addAll(next.parts);
    return new Code(List.copyOf(all));
  }

  public Code localGet(int index) {
    return opU32(Opcode.LOCAL_GET, index);
  }

  public Code localSet(int index) {
    return opU32(Opcode.LOCAL_SET, index);
  }

  public Code localTee(int index) {
    return opU32(Opcode.LOCAL_TEE, index);
  }

  public Code globalGet(int index) {
    return opU32(Opcode.GLOBAL_GET, index);
  }

  public Code i32Const(int value) {
    return with(new Bytes(new ByteSink().u8(Opcode.I32_CONST).s64(value).toByteArray()));
  }

  /** i32.const with the address of a C variable. */
  public Code addressOf(String variable) {
    return with(new AddressOf(variable));
  }

  public Code i32Load(int offset) {
    return with(
        new Bytes(new ByteSink().u8(Opcode.I32_LOAD).u8(ALIGNED_TO_4).u32(offset).toByteArray()));
  }

  public Code i32Store(int offset) {
    return with(
        new Bytes(new ByteSink().u8(Opcode.I32_STORE).u8(ALIGNED_TO_4).u32(offset).toByteArray()));
  }

  public Code i32Load8U(int offset) {
    return with(new Bytes(new ByteSink().u8(0x2d).u8(0).u32(offset).toByteArray()));
  }

  public Code i32Store8(int offset) {
    return with(new Bytes(new ByteSink().u8(0x3a).u8(0).u32(offset).toByteArray()));
  }

  public Code i64Load(int offset) {
    return with(new Bytes(new ByteSink().u8(0x29).u8(ALIGNED_TO_8).u32(offset).toByteArray()));
  }

  public Code i64Store(int offset) {
    return with(new Bytes(new ByteSink().u8(0x37).u8(ALIGNED_TO_8).u32(offset).toByteArray()));
  }

  /** A call of an exported function. */
  public Code call(String exported) {
    return with(new CallOf(exported));
  }

  /**
   * A call of the host through the import env.__syscall_poll, which takes three ints and returns
   * one. A real poll never has a negative number where the markers are.
   */
  public Code callHost() {
    return with(new CallHost());
  }

  public Code drop() {
    return op(Opcode.DROP);
  }

  public Code ret() {
    return op(Opcode.RETURN);
  }

  public Code end() {
    return op(Opcode.END);
  }

  public Code block() {
    return op(Opcode.BLOCK, 0x40);
  }

  public Code loop() {
    return op(Opcode.LOOP, 0x40);
  }

  public Code ifThen() {
    return op(Opcode.IF, 0x40);
  }

  public Code i32Eq() {
    return op(Opcode.I32_EQ);
  }

  public Code i32Ne() {
    return op(Opcode.I32_NE);
  }

  public Code i32Eqz() {
    return op(Opcode.I32_EQZ);
  }

  public Code i32Add() {
    return op(Opcode.I32_ADD);
  }

  public Code i32Sub() {
    return op(0x6b);
  }

  public Code i32Or() {
    return op(0x72);
  }

  public Code i32Mul() {
    return op(0x6c);
  }

  public Code unreachable() {
    return op(Opcode.UNREACHABLE);
  }

  public Code i32Shl() {
    return op(0x74);
  }

  public Code i32LeS() {
    return op(0x4c);
  }

  public Code i32LtS() {
    return op(0x48);
  }

  public Code br(int label) {
    return opU32(Opcode.BR, label);
  }

  public Code brIf(int label) {
    return opU32(Opcode.BR_IF, label);
  }

  /** In a pattern: i32.const of any number; the same name must stand for the same number. */
  public Code captureConst(String name) {
    return with(new Capture(Opcode.I32_CONST, name));
  }

  /** In a pattern: a call of any function; the same name must stand for the same function. */
  public Code captureCall(String name) {
    return with(new Capture(Opcode.CALL, name));
  }

  /** In a pattern: an indirect call, whatever its type, through the only table. */
  public Code anyCallIndirect() {
    return with(new Capture(Opcode.CALL_INDIRECT, "type " + parts.size())).op(0);
  }

  /** In a pattern: local.get of any local. */
  public Code captureLocalGet(String name) {
    return with(new Capture(Opcode.LOCAL_GET, name));
  }

  /** In a pattern: local.set of any local. */
  public Code captureLocalSet(String name) {
    return with(new Capture(Opcode.LOCAL_SET, name));
  }

  /** In a pattern: local.tee of any local. */
  public Code captureLocalTee(String name) {
    return with(new Capture(Opcode.LOCAL_TEE, name));
  }

  byte[] encode(ModuleIndex index) {
    ByteSink out = new ByteSink();
    for (Part part : parts) {
      out.bytes(encode(part, index));
    }
    return out.toByteArray();
  }

  private static byte[] encode(Part part, ModuleIndex index) {
    if (part instanceof Bytes literal) {
      return literal.bytes();
    }
    ByteSink out = new ByteSink();
    if (part instanceof AddressOf variable) {
      out.u8(Opcode.I32_CONST).s64(index.address(variable.variable()));
    } else if (part instanceof CallOf call) {
      out.u8(Opcode.CALL).u32(index.exportedFunction(call.function()));
    } else if (part instanceof CallHost) {
      out.u8(Opcode.CALL).u32(index.hostFunction());
    } else {
      throw new IllegalStateException("a pattern with captures cannot be inserted");
    }
    return out.toByteArray();
  }

  /**
   * Where the pattern occurs and what its captures stand for.
   *
   * @param start offset of the first byte
   * @param end offset after the last byte
   */
  record Match(int start, int end, Map<String, Integer> captures) {}

  /** All occurrences in a function body. */
  List<Match> findIn(byte[] body, ModuleIndex index) {
    List<Object> pattern = new ArrayList<>();
    for (Part part : parts) {
      pattern.add(part instanceof Capture ? part : encode(part, index));
    }
    List<Match> matches = new ArrayList<>();
    for (int at = 0; at < body.length; at++) {
      matchAt(body, at, pattern).ifPresent(matches::add);
    }
    return matches;
  }

  private static Optional<Match> matchAt(byte[] body, int start, List<Object> pattern) {
    Map<String, Integer> captures = Map.of();
    int at = start;
    for (Object part : pattern) {
      if (part instanceof byte[] literal) {
        int end = at + literal.length;
        if (end > body.length || !Arrays.equals(body, at, end, literal, 0, literal.length)) {
          return Optional.empty();
        }
        at = end;
      } else {
        Capture capture = (Capture) part;
        if (at >= body.length || (body[at] & 0xff) != capture.opcode()) {
          return Optional.empty();
        }
        ByteSource in = new ByteSource(body, at + 1, body.length);
        int value;
        try {
          value = capture.opcode() == Opcode.I32_CONST ? in.s32() : in.u32();
        } catch (WasmFormatException e) {
          return Optional.empty();
        }
        if (captures.isEmpty()) {
          captures = new HashMap<>(); // only now: most attempts end before
        }
        Integer before = captures.put(capture.name(), value);
        if (before != null && before != value) {
          return Optional.empty();
        }
        at = in.position();
      }
    }
    return Optional.of(new Match(start, at, captures));
  }
}

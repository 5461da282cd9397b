package dev.zerolite.pglite.build.wasm;

import java.util.ArrayList;
import java.util.List;

/**
 * A function's code, decoded: its locals (parameters first) and its instructions. Both lists may be
 * edited; {@link #encode} gives the changed body.
 */
public final class FunctionCode {
  private final FunctionType type;
  private final List<ValueType> locals;
  private final List<Instruction> body;

  public FunctionCode(FunctionType type, List<ValueType> locals, List<Instruction> body) {
    this.type = type;
    this.locals = locals;
    this.body = body;
  }

  /** Decodes one function of a module. */
  public static FunctionCode decode(WasmBinary module, int function) {
    ByteSource in = new ByteSource(module.body(function));
    FunctionType type = module.functionType(function);
    List<ValueType> locals = new ArrayList<>(type.parameters());
    int groups = in.u32();
    for (int i = 0; i < groups; i++) {
      int count = in.u32();
      ValueType local = in.valueType();
      for (int k = 0; k < count; k++) {
        locals.add(local);
      }
    }
    return new FunctionCode(type, locals, new InstructionReader(module, in).function());
  }

  public FunctionType type() {
    return type;
  }

  public List<ValueType> locals() {
    return locals;
  }

  public List<Instruction> body() {
    return body;
  }

  public int addLocal(ValueType local) {
    locals.add(local);
    return locals.size() - 1;
  }

  public byte[] encode() {
    ByteSink out = new ByteSink();
    writeLocals(out);
    body.forEach(instruction -> instruction.write(out));
    return out.u8(Opcode.END).toByteArray();
  }

  /** Neighbours of equal type share a declaration. */
  private void writeLocals(ByteSink out) {
    record Group(int count, ValueType type) {}
    List<Group> groups = new ArrayList<>();
    int from = type.parameters().size();
    while (from < locals.size()) {
      int to = from;
      while (to < locals.size() && locals.get(to) == locals.get(from)) {
        to++;
      }
      groups.add(new Group(to - from, locals.get(from)));
      from = to;
    }
    out.list(groups, (sink, group) -> sink.u32(group.count()).u8(group.type().code()));
  }
}

package dev.zerolite.pglite.build.wasm;

import java.util.List;

/**
 * One instruction; blocks contain further ones. Instructions compare by identity and do not change,
 * except that the lists inside a block may be edited.
 */
public sealed interface Instruction {
  int opcode();

  void write(ByteSink out);

  /**
   * How much the instruction changes the height of the operand stack. Meaningless after an
   * instruction that {@link #endsControlFlow}.
   */
  int stackDelta();

  /** Whether control never reaches the next instruction in the same list. */
  default boolean endsControlFlow() {
    return false;
  }

  /** Everything without locals, labels and nesting: arithmetic, memory access, calls, return. */
  final class Plain implements Instruction {
    private final int opcode;
    private final byte[] encoded;
    private final int stackDelta;

    public Plain(int opcode, byte[] encoded, int stackDelta) {
      this.opcode = opcode;
      this.encoded = encoded;
      this.stackDelta = stackDelta;
    }

    @Override
    public int opcode() {
      return opcode;
    }

    public byte[] encoded() {
      return encoded.clone();
    }

    public int size() {
      return encoded.length;
    }

    /** The bytes after the opcode. */
    public ByteSource immediates() {
      return new ByteSource(encoded, 1, encoded.length);
    }

    @Override
    public void write(ByteSink out) {
      out.bytes(encoded);
    }

    @Override
    public int stackDelta() {
      return stackDelta;
    }

    @Override
    public boolean endsControlFlow() {
      return opcode == Opcode.UNREACHABLE || opcode == Opcode.RETURN;
    }
  }

  /** local.get, local.set, local.tee. */
  final class Local implements Instruction {
    private final int opcode;
    private final int index;

    public Local(int opcode, int index) {
      this.opcode = opcode;
      this.index = index;
    }

    @Override
    public int opcode() {
      return opcode;
    }

    public int index() {
      return index;
    }

    @Override
    public void write(ByteSink out) {
      out.u8(opcode).u32(index);
    }

    @Override
    public int stackDelta() {
      return switch (opcode) {
        case Opcode.LOCAL_GET -> 1;
        case Opcode.LOCAL_SET -> -1;
        default -> 0;
      };
    }
  }

  /** br, br_if, br_table; of a br_table's labels the last is the default. */
  final class Branch implements Instruction {
    private final int opcode;
    private final List<Integer> labels;

    public Branch(int opcode, List<Integer> labels) {
      this.opcode = opcode;
      this.labels = List.copyOf(labels);
    }

    @Override
    public int opcode() {
      return opcode;
    }

    /** How many enclosing blocks outward each target is; 0 is the innermost. */
    public List<Integer> labels() {
      return labels;
    }

    @Override
    public void write(ByteSink out) {
      out.u8(opcode);
      if (opcode == Opcode.BR_TABLE) {
        out.u32(labels.size() - 1);
      }
      labels.forEach(out::u32);
    }

    @Override
    public int stackDelta() {
      return opcode == Opcode.BR ? 0 : -1;
    }

    @Override
    public boolean endsControlFlow() {
      return opcode != Opcode.BR_IF;
    }
  }

  /**
   * block, loop or if.
   *
   * <p>Block types with parameters or several results are not supported; LLVM does not emit them
   * for the features that PGlite is built with.
   */
  final class Block implements Instruction {
    private final int opcode;
    private final ValueType result;
    private final List<Instruction> body;
    private final List<Instruction> orElse;

    /**
     * @param result the type of the only result, or null
     * @param orElse the instructions after else; null without one
     */
    public Block(int opcode, ValueType result, List<Instruction> body, List<Instruction> orElse) {
      this.opcode = opcode;
      this.result = result;
      this.body = body;
      this.orElse = orElse;
    }

    @Override
    public int opcode() {
      return opcode;
    }

    public ValueType result() {
      return result;
    }

    public List<Instruction> body() {
      return body;
    }

    public List<Instruction> orElse() {
      return orElse;
    }

    /** The one or two lists of instructions inside. */
    public List<List<Instruction>> lists() {
      return orElse == null ? List.of(body) : List.of(body, orElse);
    }

    /** How many values a branch to this block's label carries. */
    public int labelArity() {
      return opcode == Opcode.LOOP || result == null ? 0 : 1;
    }

    @Override
    public int stackDelta() {
      return (result == null ? 0 : 1) - (opcode == Opcode.IF ? 1 : 0);
    }

    @Override
    public void write(ByteSink out) {
      out.u8(opcode).u8(result == null ? Opcode.EMPTY_BLOCK : result.code());
      body.forEach(i -> i.write(out));
      if (orElse != null) {
        out.u8(Opcode.ELSE);
        orElse.forEach(i -> i.write(out));
      }
      out.u8(Opcode.END);
    }
  }

  // ---- the few that the build makes itself ----

  static Instruction localGet(int index) {
    return new Local(Opcode.LOCAL_GET, index);
  }

  static Instruction localSet(int index) {
    return new Local(Opcode.LOCAL_SET, index);
  }

  static Instruction localTee(int index) {
    return new Local(Opcode.LOCAL_TEE, index);
  }

  static Instruction globalGet(int index) {
    return plain(Opcode.GLOBAL_GET, 1, new ByteSink().u32(index));
  }

  static Instruction globalSet(int index) {
    return plain(Opcode.GLOBAL_SET, -1, new ByteSink().u32(index));
  }

  static Instruction i32Const(int value) {
    return plain(Opcode.I32_CONST, 1, new ByteSink().s64(value));
  }

  static Instruction i32Load(int offset) {
    return plain(Opcode.I32_LOAD, 0, new ByteSink().u8(2).u32(offset));
  }

  static Instruction call(int function, FunctionType type) {
    return plain(Opcode.CALL, type.stackDelta(), new ByteSink().u32(function));
  }

  static Instruction i32Eq() {
    return plain(Opcode.I32_EQ, -1, new ByteSink());
  }

  static Instruction i32GeU() {
    return plain(Opcode.I32_GE_U, -1, new ByteSink());
  }

  static Instruction i32Sub() {
    return plain(Opcode.I32_SUB, -1, new ByteSink());
  }

  static Instruction drop() {
    return plain(Opcode.DROP, -1, new ByteSink());
  }

  static Instruction ret() {
    return plain(Opcode.RETURN, 0, new ByteSink());
  }

  static Instruction unreachable() {
    return plain(Opcode.UNREACHABLE, 0, new ByteSink());
  }

  static Instruction br(int label) {
    return new Branch(Opcode.BR, List.of(label));
  }

  static Instruction brIf(int label) {
    return new Branch(Opcode.BR_IF, List.of(label));
  }

  static Instruction brTable(List<Integer> labels) {
    return new Branch(Opcode.BR_TABLE, labels);
  }

  static Block block(List<Instruction> body) {
    return new Block(Opcode.BLOCK, null, body, null);
  }

  static Block ifThen(List<Instruction> body) {
    return new Block(Opcode.IF, null, body, null);
  }

  private static Plain plain(int opcode, int stackDelta, ByteSink immediates) {
    byte[] encoded = new ByteSink().u8(opcode).bytes(immediates.toByteArray()).toByteArray();
    return new Plain(opcode, encoded, stackDelta);
  }
}

package dev.zerolite.pglite.build.wasm;

/** Opcodes that the build looks at by name (binary format 5.4); all others pass as bytes. */
public final class Opcode {
  public static final int UNREACHABLE = 0x00;
  public static final int NOP = 0x01;
  public static final int BLOCK = 0x02;
  public static final int LOOP = 0x03;
  public static final int IF = 0x04;
  public static final int ELSE = 0x05;
  public static final int END = 0x0b;
  public static final int BR = 0x0c;
  public static final int BR_IF = 0x0d;
  public static final int BR_TABLE = 0x0e;
  public static final int RETURN = 0x0f;
  public static final int CALL = 0x10;
  public static final int CALL_INDIRECT = 0x11;
  public static final int DROP = 0x1a;
  public static final int SELECT = 0x1b;
  public static final int SELECT_TYPED = 0x1c;
  public static final int LOCAL_GET = 0x20;
  public static final int LOCAL_SET = 0x21;
  public static final int LOCAL_TEE = 0x22;
  public static final int GLOBAL_GET = 0x23;
  public static final int GLOBAL_SET = 0x24;
  public static final int TABLE_GET = 0x25;
  public static final int TABLE_SET = 0x26;
  public static final int I32_LOAD = 0x28;
  public static final int I64_LOAD32_U = 0x35;
  public static final int I32_STORE = 0x36;
  public static final int I64_STORE32 = 0x3e;
  public static final int MEMORY_SIZE = 0x3f;
  public static final int MEMORY_GROW = 0x40;
  public static final int I32_CONST = 0x41;
  public static final int I64_CONST = 0x42;
  public static final int F32_CONST = 0x43;
  public static final int F64_CONST = 0x44;
  public static final int I32_EQZ = 0x45;
  public static final int I32_EQ = 0x46;
  public static final int I32_NE = 0x47;
  public static final int I32_GE_U = 0x4f;
  public static final int I64_EQZ = 0x50;
  public static final int F64_GE = 0x66;
  public static final int I32_POPCNT = 0x69;
  public static final int I32_ADD = 0x6a;
  public static final int I32_SUB = 0x6b;
  public static final int I32_ROTR = 0x78;
  public static final int I64_POPCNT = 0x7b;
  public static final int I64_ROTR = 0x8a;
  public static final int F32_SQRT = 0x91;
  public static final int F32_COPYSIGN = 0x98;
  public static final int F64_SQRT = 0x9f;
  public static final int F64_COPYSIGN = 0xa6;
  public static final int I64_EXTEND32_S = 0xc4;
  public static final int REF_NULL = 0xd0;
  public static final int REF_IS_NULL = 0xd1;
  public static final int REF_FUNC = 0xd2;

  /** Prefix of saturating conversions and bulk memory instructions. */
  public static final int MISC = 0xfc;

  /** Block type of a block without parameters and results. */
  static final int EMPTY_BLOCK = 0x40;

  private Opcode() {}
}

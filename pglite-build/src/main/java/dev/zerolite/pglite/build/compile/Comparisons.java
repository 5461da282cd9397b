package dev.zerolite.pglite.build.compile;

/**
 * The integer comparisons of WebAssembly without a branch. The methods are copied into the
 * generated helper class; their names are those of Endive's, see {@link ComparisonFusion}.
 */
final class Comparisons {
  private Comparisons() {}

  // The sign of a value decides, or of the exact difference, which for ints fits a long.

  static int I32_EQZ(int a) {
    return (a | -a) >>> 31 ^ 1;
  }

  static int I32_EQ(int a, int b) {
    return I32_EQZ(a ^ b);
  }

  static int I32_NE(int a, int b) {
    return I32_EQZ(a ^ b) ^ 1;
  }

  static int I32_LT_S(int a, int b) {
    return (int) ((long) a - b >>> 63);
  }

  static int I32_GT_S(int a, int b) {
    return I32_LT_S(b, a);
  }

  static int I32_LE_S(int a, int b) {
    return I32_LT_S(b, a) ^ 1;
  }

  static int I32_GE_S(int a, int b) {
    return I32_LT_S(a, b) ^ 1;
  }

  static int I32_LT_U(int a, int b) {
    return (int) ((a & 0xffffffffL) - (b & 0xffffffffL) >>> 63);
  }

  static int I32_GT_U(int a, int b) {
    return I32_LT_U(b, a);
  }

  static int I32_LE_U(int a, int b) {
    return I32_LT_U(b, a) ^ 1;
  }

  static int I32_GE_U(int a, int b) {
    return I32_LT_U(a, b) ^ 1;
  }

  // For longs: H. S. Warren, Hacker's Delight, 2-12.

  static int I64_EQZ(long a) {
    return (int) ((a | -a) >>> 63) ^ 1;
  }

  static int I64_EQ(long a, long b) {
    return I64_EQZ(a ^ b);
  }

  static int I64_NE(long a, long b) {
    return I64_EQZ(a ^ b) ^ 1;
  }

  static int I64_LT_S(long a, long b) {
    return (int) ((a & ~b | ~(a ^ b) & a - b) >>> 63);
  }

  static int I64_GT_S(long a, long b) {
    return I64_LT_S(b, a);
  }

  static int I64_LE_S(long a, long b) {
    return I64_LT_S(b, a) ^ 1;
  }

  static int I64_GE_S(long a, long b) {
    return I64_LT_S(a, b) ^ 1;
  }

  static int I64_LT_U(long a, long b) {
    return (int) ((~a & b | ~(a ^ b) & a - b) >>> 63);
  }

  static int I64_GT_U(long a, long b) {
    return I64_LT_U(b, a);
  }

  static int I64_LE_U(long a, long b) {
    return I64_LT_U(b, a) ^ 1;
  }

  static int I64_GE_U(long a, long b) {
    return I64_LT_U(a, b) ^ 1;
  }
}

package dev.zerolite.pglite.wasm;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * Numbers for the functions in a program's table, such that those of one type follow each other.
 *
 * <p>Indirect calls choose among functions by these numbers: as there are no gaps, a switch over
 * them is a table of jumps, where one over function indexes or table slots would be a search.
 */
public final class CallNumbers {
  private final int[] functions;

  private CallNumbers(int[] functions) {
    this.functions = functions;
  }

  /**
   * Numbers functions; the order in which they are given does not matter.
   *
   * @param functions indexes of functions, negative ones are ignored
   * @param typeOf gives the type index of a function
   */
  public static CallNumbers of(int[] functions, IntUnaryOperator typeOf) {
    // Arrays rather than collections: every start of a program does this, with cold code.
    long[] keys = new long[functions.length];
    int count = 0;
    for (int function : functions) {
      if (function >= 0) {
        keys[count++] = (long) typeOf.applyAsInt(function) << 32 | function;
      }
    }
    Arrays.sort(keys, 0, count);
    int[] ordered = new int[count];
    int distinct = 0;
    for (int i = 0; i < count; i++) {
      if (i == 0 || keys[i] != keys[i - 1]) {
        ordered[distinct++] = (int) keys[i];
      }
    }
    return new CallNumbers(Arrays.copyOf(ordered, distinct));
  }

  /** How many numbers there are; the first is 1. */
  public int count() {
    return functions.length;
  }

  /** The index of the function with a number. */
  public int function(int number) {
    return functions[number - 1];
  }

  /** The numbers of functions that have one, 0 for negative indexes. */
  public int[] of(int[] indexes) {
    int[] numbers = new int[Arrays.stream(functions).max().orElse(0) + 1];
    for (int i = 0; i < functions.length; i++) {
      numbers[functions[i]] = i + 1;
    }
    int[] result = new int[indexes.length];
    for (int i = 0; i < indexes.length; i++) {
      result[i] = indexes[i] < 0 ? 0 : numbers[indexes[i]];
    }
    return result;
  }
}

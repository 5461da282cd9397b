package dev.zerolite.pglite.wasm;

/**
 * How indirect calls find the functions in those slots of the main module's table that never
 * change; for all processes of a program.
 *
 * <p>Nothing is synchronised: a lost count delays an object, a second object of the same function
 * is as good as the first, and an object is the same to a thread that sees it early, since it has
 * final fields only.
 */
public final class CallTable {
  /**
   * So many calls make an object worth it: its class has to be loaded. What a start calls stays
   * below. Where that fails, for want of memory or stack, so many more calls pass before the next
   * attempt.
   */
  private static final int OFTEN = 1024;

  private final int[] numbers;
  private final int[] calls;
  private final CallTarget[] targets;

  /**
   * @param numbers {@link CallNumbers} by slot, 0 for slots without one
   */
  public CallTable(int[] numbers) {
    this.numbers = numbers.clone();
    this.calls = new int[numbers.length];
    this.targets = new CallTarget[numbers.length];
  }

  int[] numbers() {
    return numbers;
  }

  /** By slot; null where no object has been made. */
  CallTarget[] targets() {
    return targets;
  }

  /**
   * Counts a call that did not go through an object.
   *
   * @return whether it is time to make one
   */
  boolean count(int slot) {
    return slot >= 0 && slot < calls.length && numbers[slot] != 0 && ++calls[slot] % OFTEN == 0;
  }
}

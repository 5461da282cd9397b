package dev.zerolite.pglite.build.split;

/**
 * Sizes in estimated bytes of JVM bytecode.
 *
 * @param functionSize functions above this are split until they are not
 * @param regionSize the most that is moved into one new function
 * @param smallestRegion what is not worth a call
 */
public record SplitLimits(int functionSize, int regionSize, int smallestRegion) {
  /**
   * HotSpot never compiles methods above 8000 bytes (HugeMethodLimit); the estimate may err by a
   * few percent.
   */
  public static final SplitLimits HOTSPOT = new SplitLimits(7400, 5000, 45);
}

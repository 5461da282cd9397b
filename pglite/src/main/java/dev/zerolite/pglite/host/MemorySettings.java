package dev.zerolite.pglite.host;

/**
 * How a process's linear memory grows.
 *
 * @param initialPages pages of 64 KiB to begin with; raised to the program's own minimum
 * @param maximumPages malloc fails beyond that
 * @param growth the factor to grow by at first when memory runs out, at least 1; growing copies the
 *     memory
 */
public record MemorySettings(int initialPages, int maximumPages, double growth) {
  /** One page less than 2 GiB: a byte[] cannot be longer. */
  public static final int MOST_PAGES = 32767;

  public MemorySettings {
    if (initialPages < 1 || maximumPages < initialPages || maximumPages > MOST_PAGES) {
      throw new IllegalArgumentException(
          "need 1 <= initialPages <= maximumPages <= "
              + MOST_PAGES
              + ", got "
              + initialPages
              + " and "
              + maximumPages);
    }
    if (!(growth >= 1)) {
      throw new IllegalArgumentException("growth must be at least 1, got " + growth);
    }
  }

  /** 12.6 MB (enough for PostgreSQL's static data and stack) growing by 5 % up to 2 GB. */
  public static MemorySettings small() {
    return new MemorySettings(192, MOST_PAGES, 1.05);
  }
}

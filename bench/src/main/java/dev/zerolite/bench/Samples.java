package dev.zerolite.bench;

import java.util.Arrays;

/** Durations in nanoseconds. */
final class Samples {
  private long[] values = new long[1024];
  private int count;

  void add(long nanos) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = nanos;
  }

  long get(int index) {
    return values[index];
  }

  int count() {
    return count;
  }

  /** Forgets the first ones, taken while the JVM was warming up. */
  Samples last(int wanted) {
    var last = new Samples();
    last.values = Arrays.copyOfRange(values, Math.max(0, count - wanted), Math.max(1, count));
    last.count = Math.min(wanted, count);
    return last;
  }

  /** In microseconds; 0.5 is the median. */
  double quantile(double q) {
    if (count == 0) {
      return Double.NaN;
    }
    var sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return sorted[(int) Math.min(count - 1L, Math.round(q * (count - 1)))] / 1e3;
  }
}

package dev.zerolite.pglite.host;

import dev.zerolite.pglite.wasm.LinearMemory;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** Clocks and calendars. The C library's time zone is UTC; PostgreSQL brings its own zones. */
final class ClockCalls {
  private static final int CLOCK_REALTIME = 0;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final WasmProcess process;
  private final Clock realTime = Clock.systemUTC();
  private final long startNanos = System.nanoTime();

  ClockCalls(WasmProcess process) {
    this.process = process;
  }

  double now() {
    return (System.nanoTime() - startNanos) / 1e6;
  }

  /**
   * Milliseconds since 1970 with their microseconds, of which the C library's gettimeofday() makes
   * its {@code tv_usec}: PostgreSQL's timestamps and the times in its WAL have no other source. A
   * double holds a quarter of a microsecond until 2112.
   */
  private double wallMillis() {
    Instant instant = realTime.instant();
    return instant.getEpochSecond() * 1e3 + instant.getNano() / 1e6;
  }

  void define(HostImports imports) {
    imports.wasi("clock_time_get", a -> clockTime((int) a[0], (int) a[2]));
    imports.function("emscripten_date_now", a -> Double.doubleToRawLongBits(wallMillis()));
    imports.function("emscripten_get_now", a -> Double.doubleToRawLongBits(now()));
    imports.function("_gmtime_js", a -> brokenDownTime(a[0], (int) a[1]));
    imports.function("_localtime_js", a -> brokenDownTime(a[0], (int) a[1]));
    imports.function("_mktime_js", a -> secondsOf((int) a[0]));
    imports.function("_tzset_js", a -> timeZone((int) a[0], (int) a[1], (int) a[2], (int) a[3]));
  }

  private long clockTime(int clock, int result) {
    long nanos;
    if (clock == CLOCK_REALTIME) {
      Instant instant = realTime.instant();
      nanos = instant.getEpochSecond() * NANOS_PER_SECOND + instant.getNano();
    } else {
      nanos = System.nanoTime() - startNanos;
    }
    process.memory().writeLong(result, nanos);
    return 0;
  }

  /** Fills a struct tm of musl's time.h: nine ints, then tm_gmtoff and tm_zone. */
  private long brokenDownTime(long seconds, int tm) {
    LocalDateTime time = LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC);
    int[] fields = {
      time.getSecond(),
      time.getMinute(),
      time.getHour(),
      time.getDayOfMonth(),
      time.getMonthValue() - 1,
      time.getYear() - 1900,
      time.getDayOfWeek().getValue() % 7,
      time.getDayOfYear() - 1,
      0,
      0
    };
    LinearMemory memory = process.memory();
    for (int i = 0; i < fields.length; i++) {
      memory.writeI32(tm + i * Integer.BYTES, fields[i]);
    }
    return 0;
  }

  /** mktime(3), which also accepts fields out of range and corrects them. */
  private long secondsOf(int tm) {
    LinearMemory memory = process.memory();
    int[] fields = new int[6];
    for (int i = 0; i < fields.length; i++) {
      fields[i] = memory.readInt(tm + i * Integer.BYTES);
    }
    long seconds =
        LocalDateTime.of(fields[5] + 1900, 1, 1, 0, 0)
            .plusMonths(fields[4])
            .plusDays(fields[3] - 1L)
            .plusHours(fields[2])
            .plusMinutes(fields[1])
            .plusSeconds(fields[0])
            .toEpochSecond(ZoneOffset.UTC);
    brokenDownTime(seconds, tm);
    return seconds;
  }

  private long timeZone(int offset, int daylight, int standardName, int daylightName) {
    LinearMemory memory = process.memory();
    byte[] utc = "UTC\0".getBytes(StandardCharsets.US_ASCII);
    memory.writeI32(offset, 0);
    memory.writeI32(daylight, 0);
    memory.write(standardName, utc, 0, utc.length);
    memory.write(daylightName, utc, 0, utc.length);
    return 0;
  }
}

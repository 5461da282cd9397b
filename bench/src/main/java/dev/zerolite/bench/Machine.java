package dev.zerolite.bench;

import java.lang.management.ManagementFactory;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/** Where and when figures were taken. */
final class Machine {
  private Machine() {}

  static String describe() {
    var os = ManagementFactory.getOperatingSystemMXBean();
    return "%s, JDK %s, %s %s, %d CPUs, load average %.1f"
        .formatted(
            LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm")),
            Runtime.version(),
            os.getName(),
            os.getArch(),
            os.getAvailableProcessors(),
            os.getSystemLoadAverage());
  }
}

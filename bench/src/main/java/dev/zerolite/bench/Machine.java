package dev.zerolite.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.stream.LongStream;

/** Where and when figures were taken, and the time the processor spent on them. */
final class Machine {
  private Machine() {}

  /** The processor time of all Java threads that live, thus without compilers and collectors. */
  static long cpuNanos() {
    var threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    return LongStream.of(threads.getThreadCpuTime(threads.getAllThreadIds()))
        .filter(nanos -> nanos > 0)
        .sum();
  }

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

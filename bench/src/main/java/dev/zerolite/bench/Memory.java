package dev.zerolite.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process takes; resident memory and CPU time are Linux's figures. */
final class Memory {
  private static final int PAGES = 1024;

  private Memory() {}

  static double residentMegabytes(long pid) throws IOException {
    for (var line : Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / (double) PAGES;
      }
    }
    return 0;
  }

  /** What lives on this JVM's heap. */
  static double liveMegabytes() {
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
  }
}

package dev.zerolite.pglite.build;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.Supplier;

/** One line on the console for each step, with the seconds it took. */
final class Progress {
  private final PrintStream console;

  Progress(PrintStream console) {
    this.console = console;
  }

  <T> T step(String what, Supplier<T> work) {
    console.printf("pglite-build: %s ...%n", what);
    long start = System.nanoTime();
    T result = work.get();
    console.printf(Locale.ROOT, "pglite-build:   %.1f s%n", (System.nanoTime() - start) / 1e9);
    return result;
  }

  void say(String message) {
    console.println("pglite-build: " + message);
  }
}

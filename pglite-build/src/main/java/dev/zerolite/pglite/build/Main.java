package dev.zerolite.pglite.build;

import dev.zerolite.pglite.build.npm.NpmPackage;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes the engine: {@code java ... dev.zerolite.pglite.build.Main <directory for the classes>}.
 */
public final class Main {
  /**
   * PostgreSQL's parser nests its blocks hundreds deep, and initdb runs PostgreSQL itself: both
   * need a big stack, of which only touched pages cost memory.
   */
  private static final long STACK_BYTES = 512L << 20;

  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != 1) {
      System.err.println("usage: Main <directory for the classes>");
      System.exit(2);
    }
    AtomicInteger status = new AtomicInteger(1);
    Thread build =
        new Thread(
            null, () -> status.set(build(Path.of(arguments[0]))), "pglite-build", STACK_BYTES);
    build.start();
    build.join();
    System.exit(status.get());
  }

  private static int build(Path classes) {
    try {
      new EngineBuild(
              NpmPackage.PGLITE,
              List.of(NpmPackage.PGVECTOR),
              cacheRoot(),
              new Progress(System.out))
          .buildInto(classes);
      return 0;
    } catch (BuildException e) {
      System.err.println("pglite-build: " + e.getMessage());
      if (e.getCause() != null) {
        e.getCause().printStackTrace();
      }
      return 1;
    } catch (Exception e) {
      e.printStackTrace();
      return 1;
    }
  }

  private static Path cacheRoot() {
    String configured = System.getProperty("zerolite.cache");
    return configured == null || configured.isBlank()
        ? Path.of(System.getProperty("user.home"), ".cache", "zerolite")
        : Path.of(configured);
  }
}

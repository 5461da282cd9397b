package dev.zerolite.pglite.host;

/** Finds the compiled form of a dynamic library. */
@FunctionalInterface
public interface Libraries {
  /**
   * @param fileName the last part of the path that dlopen was asked for, such as plpgsql.so
   * @return null if there is no compiled form
   */
  Program find(String fileName);
}

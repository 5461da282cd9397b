package dev.zerolite.pglite.build.patch;

import dev.zerolite.pglite.build.BuildException;
import java.util.Set;
import java.util.TreeSet;

/**
 * A C variable whose address the host needs.
 *
 * @param name its name in C
 * @param function a function that uses it; null if the variable itself is exported
 * @param pattern instructions of that function with the address as the capture named "address"
 */
public record Variable(String name, FunctionLocator function, Code pattern) {
  /** What the pattern calls the address. */
  static final String ADDRESS = "address";

  /** A variable that the module exports. */
  public static Variable exported(String name) {
    return new Variable(name, null, null);
  }

  /** A variable that a function uses in a recognisable way. */
  public static Variable usedBy(String name, FunctionLocator function, Code pattern) {
    return new Variable(name, function, pattern);
  }

  int find(ModuleIndex index) {
    if (function == null) {
      return index.address(name);
    }
    byte[] body = index.module().body(function.find("(user of " + name + ")", index));
    Set<Integer> found = new TreeSet<>();
    pattern.findIn(body, index).forEach(match -> found.add(match.captures().get(ADDRESS)));
    if (found.size() != 1) {
      throw new BuildException(
          "cannot find PostgreSQL's variable %s in PGlite's wasm: candidates are %s. The module has changed; adapt the pattern to this version."
              .formatted(name, found));
    }
    return found.iterator().next();
  }
}

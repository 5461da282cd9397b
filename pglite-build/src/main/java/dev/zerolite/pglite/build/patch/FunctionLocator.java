package dev.zerolite.pglite.build.patch;

import dev.zerolite.pglite.build.BuildException;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * A way to find one function of the main module that does not depend on its number: what it is
 * exported as, which texts it mentions, which instructions it contains.
 */
public final class FunctionLocator {
  private final String description;
  private final Function<ModuleIndex, SortedSet<Integer>> search;

  private FunctionLocator(String description, Function<ModuleIndex, SortedSet<Integer>> search) {
    this.description = description;
    this.search = search;
  }

  /** The function exported under a name. */
  public static FunctionLocator exported(String name) {
    return new FunctionLocator(
        "exported as " + name,
        index -> {
          SortedSet<Integer> found = new TreeSet<>();
          index.module().exportedFunction(name).ifPresent(found::add);
          return found;
        });
  }

  /** The function that mentions all these texts, typically its error messages. */
  public static FunctionLocator mentioning(String... texts) {
    return new FunctionLocator(
        "mentioning " + Arrays.toString(texts),
        index -> {
          SortedSet<Integer> found = index.functionsMentioning(texts[0]);
          for (String text : texts) {
            found.retainAll(index.functionsMentioning(text));
          }
          return found;
        });
  }

  /** The function that contains these instructions. */
  public static FunctionLocator containing(Code pattern) {
    return everything().andContaining(pattern);
  }

  /** The function that another one calls at a place given by a pattern. */
  public static FunctionLocator calledBy(FunctionLocator caller, Code pattern, String capture) {
    return new FunctionLocator(
        "called by the one " + caller.description,
        index -> {
          byte[] body = index.module().body(caller.find("caller", index));
          SortedSet<Integer> found = new TreeSet<>();
          pattern.findIn(body, index).forEach(match -> found.add(match.captures().get(capture)));
          return found;
        });
  }

  private static FunctionLocator everything() {
    return new FunctionLocator("", ModuleIndex::functions);
  }

  /** Narrows a search to functions that contain these instructions. */
  public FunctionLocator andContaining(Code pattern) {
    return new FunctionLocator(
        description + " containing a known run of instructions",
        index -> {
          SortedSet<Integer> found = search.apply(index);
          found.removeIf(f -> pattern.findIn(index.module().body(f), index).isEmpty());
          return found;
        });
  }

  /** The function's index; the build fails, naming the function, unless exactly one fits. */
  int find(String name, ModuleIndex index) {
    SortedSet<Integer> found = search.apply(index);
    if (found.size() != 1) {
      throw new BuildException(
          "cannot find PostgreSQL's function %s in PGlite's wasm: %s fit the description (%s). The module has changed; adapt the description to this version."
              .formatted(name, found.isEmpty() ? "none" : found.toString(), description.strip()));
    }
    return found.first();
  }
}

package dev.zerolite.pglite.function;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Functions under the name of a library. Immutable.
 *
 * <pre>{@code
 * FunctionLibrary library =
 *     FunctionLibrary.named("app")
 *         .scalar("app_reverse", SqlType.TEXT, List.of(SqlType.TEXT),
 *             a -> a.isNull(0) ? null : new StringBuilder(a.text(0)).reverse().toString())
 *         .set("app_letters", List.of(new Column("letter", SqlType.TEXT)), List.of(SqlType.TEXT),
 *             (a, rows) -> a.text(0).codePoints().forEach(c -> rows.add(Character.toString(c))));
 * Cluster cluster = Cluster.start(engine, ClusterOptions.inMemory().withFunctions(library));
 * }</pre>
 *
 * <p>Then, as a superuser and once per database, run {@link #declarations}. They say neither STRICT
 * nor IMMUTABLE: use ALTER FUNCTION, or write your own CREATE FUNCTION with the same types.
 */
public final class FunctionLibrary {
  private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

  /** A function as it was declared. */
  sealed interface Declared {
    String name();

    List<SqlType> parameters();

    String result();

    record Scalar(String name, List<SqlType> parameters, SqlType type, ScalarFunction function)
        implements Declared {
      @Override
      public String result() {
        return type.sqlName();
      }
    }

    record Set(String name, List<SqlType> parameters, List<Column> columns, SetFunction function)
        implements Declared {
      @Override
      public String result() {
        return columns.stream()
            .map(column -> '"' + column.name() + "\" " + column.type().sqlName())
            .collect(Collectors.joining(", ", "TABLE (", ")"));
      }
    }
  }

  private final String name;
  private final List<Declared> functions;

  private FunctionLibrary(String name, List<Declared> functions) {
    this.name = name;
    this.functions = List.copyOf(functions);
  }

  /**
   * A library without functions.
   *
   * @param name lower-case letters, digits and underscores; not that of a library of PostgreSQL's
   */
  public static FunctionLibrary named(String name) {
    return new FunctionLibrary(requireName(name), List.of());
  }

  static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'" + name + "' is no name: use up to 63 lower-case letters, digits and underscores");
    }
    return name;
  }

  /** This library and a function with one result. */
  public FunctionLibrary scalar(
      String function, SqlType result, List<SqlType> parameters, ScalarFunction body) {
    return with(
        new Declared.Scalar(
            requireName(function),
            List.copyOf(parameters),
            requireNonNull(result),
            requireNonNull(body)));
  }

  /** This library and a function with a set of rows. */
  public FunctionLibrary set(
      String function, List<Column> columns, List<SqlType> parameters, SetFunction body) {
    if (columns.isEmpty()) {
      throw new IllegalArgumentException("a set needs at least one column");
    }
    return with(
        new Declared.Set(
            requireName(function),
            List.copyOf(parameters),
            List.copyOf(columns),
            requireNonNull(body)));
  }

  private FunctionLibrary with(Declared function) {
    if (functions.stream().anyMatch(f -> f.name().equals(function.name()))) {
      throw new IllegalArgumentException(
          "the library has a function " + function.name() + " already; overloads need other names");
    }
    List<Declared> more = new ArrayList<>(functions);
    more.add(function);
    return new FunctionLibrary(name, more);
  }

  public String name() {
    return name;
  }

  List<Declared> functions() {
    return functions;
  }

  /** CREATE OR REPLACE FUNCTION statements, one for each function. */
  public List<String> declarations() {
    return functions.stream()
        .map(
            f ->
                "CREATE OR REPLACE FUNCTION \"%s\"(%s) RETURNS %s LANGUAGE C AS '$libdir/%s', '%s'"
                    .formatted(
                        f.name(),
                        f.parameters().stream()
                            .map(SqlType::sqlName)
                            .collect(Collectors.joining(", ")),
                        f.result(),
                        name,
                        f.name()))
        .toList();
  }
}

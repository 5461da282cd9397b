package dev.zerolite.pglite.server;

import dev.zerolite.pglite.host.WasmProcess;
import java.util.Locale;
import java.util.Set;

/**
 * Which of the C library's locales there are: C, POSIX and en_US, with UTF-8.
 *
 * <p>musl takes any name for a locale that only lacks its translations, so that a database or a
 * collation could be made with a name that means nothing and then sorts like C. PostgreSQL relies
 * on the C library to say no.
 */
public final class Locales {
  /** What initdb has put into pg_collation, from the same list that {@code locale -a} gets. */
  private static final Set<String> LANGUAGES = Set.of("C", "en_US");

  private Locales() {}

  /** The host's answer to {@code __get_locale(category, name)}: 1 if there is none of that name. */
  public static int isUnknown(WasmProcess process, int name) {
    return exists(process.string(name)) ? 0 : 1;
  }

  /** The empty name asks for the environment's locale. */
  static boolean exists(String name) {
    if (name.isEmpty() || name.equals("POSIX")) {
      return true;
    }
    int dot = name.indexOf('.');
    if (dot < 0) {
      return LANGUAGES.contains(name);
    }
    // as glibc compares them
    String codeset = name.substring(dot + 1).toLowerCase(Locale.ROOT).replace("-", "");
    return LANGUAGES.contains(name.substring(0, dot)) && codeset.equals("utf8");
  }
}

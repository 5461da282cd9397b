package dev.zerolite.pglite.server;

import dev.zerolite.pglite.host.WasmProcess;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What a locale says of collation, in the words that ICU knows here.
 *
 * <p>A locale such as {@code und-u-ks-level2} (UTS #35, "Collation Settings") is understood by
 * ICU's data about keys and their values, which PGlite does not have: ICU would ignore all settings
 * without a word, and an equality that shall not look at case would. The old form, {@code
 * und@colStrength=secondary}, is understood by ICU's code (coll.cpp).
 */
public final class CollationKeywords {
  private static final String EXTENSION = "-u-";

  private record Keyword(String name, Map<String, String> values) {
    String with(String value) {
      return name + "=" + values.getOrDefault(value, value);
    }
  }

  private static final Map<String, String> SWITCH = Map.of("", "yes", "true", "yes", "false", "no");

  private static final Map<String, Keyword> KEYWORDS =
      Map.of(
          "co",
              new Keyword(
                  "collation",
                  Map.of(
                      "phonebk",
                      "phonebook",
                      "trad",
                      "traditional",
                      "dict",
                      "dictionary",
                      "gb2312",
                      "gb2312han")),
          "ka", new Keyword("colAlternate", Map.of("noignore", "non-ignorable")),
          "kb", new Keyword("colBackwards", SWITCH),
          "kc", new Keyword("colCaseLevel", SWITCH),
          "kf", new Keyword("colCaseFirst", Map.of("false", "no")),
          "kk", new Keyword("colNormalization", SWITCH),
          "kn", new Keyword("colNumeric", SWITCH),
          "kr", new Keyword("colReorder", Map.of()),
          "ks",
              new Keyword(
                  "colStrength",
                  Map.of(
                      "level1",
                      "primary",
                      "level2",
                      "secondary",
                      "level3",
                      "tertiary",
                      "level4",
                      "quaternary",
                      "identic",
                      "identical")),
          "kv", new Keyword("kv", Map.of()));

  private CollationKeywords() {}

  /**
   * The host's answer to {@code pg_ucol_open(locale)}: what to add to the address of the locale for
   * that of the one to open. What is allocated for it stays; a backend opens each collation once.
   */
  public static int translate(WasmProcess process, int locale) {
    if (locale == 0) {
      return 0;
    }
    String tag = process.string(locale);
    String translated = translate(tag);
    return translated.equals(tag) ? 0 : process.mallocString(translated) - locale;
  }

  /** What else the locale says, of calendars for example, is left out. */
  static String translate(String tag) {
    int at = tag.indexOf(EXTENSION);
    if (at < 0) {
      return tag;
    }
    StringJoiner keywords = new StringJoiner(";");
    Keyword keyword = null;
    StringJoiner value = new StringJoiner("-");
    for (String subtag : tag.substring(at + EXTENSION.length()).split("-")) {
      if (subtag.length() > 2) {
        value.add(subtag);
        continue;
      }
      if (keyword != null) {
        keywords.add(keyword.with(value.toString()));
      }
      if (subtag.length() < 2) {
        keyword = null;
        break; // another extension
      }
      keyword = KEYWORDS.get(subtag);
      value = new StringJoiner("-");
    }
    if (keyword != null) {
      keywords.add(keyword.with(value.toString()));
    }
    return keywords.length() == 0 ? tag : tag.substring(0, at) + "@" + keywords;
  }
}

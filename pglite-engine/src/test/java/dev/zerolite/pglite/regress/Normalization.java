package dev.zerolite.pglite.regress;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * What two correct servers say differently. Applied only to answers that differ, one after the
 * other until they agree, so that the report can tell what each is needed for.
 *
 * @param name for the report
 */
record Normalization(String name, UnaryOperator<String> rule) {
  /** Around values of types that number objects, transactions and positions of one server. */
  private static final char MARK = '\u0001';

  // pg_type.dat: oid, xid, tid is not here, xid8, pg_lsn, txid_snapshot, pg_snapshot, regproc to
  // regrole
  private static final Set<Integer> NUMBERING_TYPES =
      Set.of(
          26, 28, 5069, 3220, 2970, 5038, 24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 3770, 4089,
          4096, 1028, 30);

  private static final Pattern BIG_NUMBER = Pattern.compile("\\d{5,}");

  static final List<Normalization> ALL =
      List.of(
          // values of oid, xid, pg_lsn and the like from FirstNormalObjectId on
          new Normalization("numbers of objects and transactions", Normalization::normalizeMarked),
          pattern("names with numbers", "\\b(pg_temp|pg_toast|pg_toast_temp)_\\d+", "$1_N"),
          pattern(
              "numbers in messages",
              "(?i)\\b(oid|type|relation|process|pid|xid|id|transaction|backend|constraint|function|object)(:? )\\d{3,}",
              "$1$2N"),
          pattern(
              "memory sizes",
              "\\b(Memory(?: Usage)?|Peak Memory|Average Memory|Maximum Storage): \\d+kB",
              "$1: NkB"),
          pattern("times", "(actual time=|Time: |Timing: )[0-9.]+(\\.\\.[0-9.]+)?", "$1T"),
          // what another one's pages need in shared buffers, and entries of another size in memory
          pattern("buffers", "(Buffers: |Index Searches: |Hits: |Misses: |Evictions: ).*", "$1N"),
          pattern("costs", "cost=[0-9.]+\\.\\.[0-9.]+", "cost=C"),
          // REINDEX (VERBOSE) and the like
          pattern("resource usage", "(user|system|elapsed): [0-9.]+ s", "$1: T s"),
          // how deep a stack of that size is depends on the machine's frames
          pattern("depth of recursion", "([^\n]+)(\n\\1)+", "$1"),
          new Normalization("today's dates", Normalization::normalizeToday),
          pattern("intervals since a moment ago", "\\b00:00:00(\\.\\d+)?\\b", "00:00:00"));

  private static Normalization pattern(String name, String regex, String replacement) {
    Pattern pattern = Pattern.compile(regex);
    return new Normalization(name, text -> pattern.matcher(text).replaceAll(replacement));
  }

  /** Paths that each server has its own of. */
  static Normalization path(String path, String name) {
    return new Normalization("paths", text -> text.replace(path, name));
  }

  static boolean isNumbering(int type) {
    return NUMBERING_TYPES.contains(type);
  }

  /** Marks a value for {@link #normalizeMarked} if its type asks for that. */
  static String markType(int type, String value) {
    return isNumbering(type) ? MARK + value + MARK : value;
  }

  private static String normalizeMarked(String text) {
    if (text.indexOf(MARK) < 0) {
      return text;
    }
    StringBuilder result = new StringBuilder();
    boolean marked = false;
    for (String part : text.split(String.valueOf(MARK), -1)) {
      boolean numeric =
          !part.isEmpty()
              && part.chars()
                  .allMatch(
                      c ->
                          c >= '0' && c <= '9'
                              || c == '/'
                              || c >= 'A' && c <= 'F'
                              || c == ':'
                              || c == ',');
      if (marked && numeric) {
        result.append("N");
      } else {
        result.append(marked ? BIG_NUMBER.matcher(part).replaceAll("N") : part);
      }
      marked = !marked;
    }
    return result.toString();
  }

  private static String normalizeToday(String text) {
    String result = text;
    for (int days = -1; days <= 1; days++) {
      LocalDate date = LocalDate.now(ZoneOffset.UTC).plusDays(days);
      String month = date.getMonth().getDisplayName(java.time.format.TextStyle.SHORT, Locale.ROOT);
      String iso = date.toString();
      String postgres = "%s %02d".formatted(month, date.getDayOfMonth());
      result =
          result
              .replaceAll(iso + "([ T][0-9:.]+([+-][0-9:]+|Z)?)?", "TODAY")
              .replaceAll(
                  "(Mon|Tue|Wed|Thu|Fri|Sat|Sun) " + postgres + " [0-9:.]+ " + date.getYear(),
                  "TODAY")
              .replace(
                  "%02d-%02d-%d"
                      .formatted(date.getMonthValue(), date.getDayOfMonth(), date.getYear()),
                  "TODAY");
    }
    return result;
  }
}

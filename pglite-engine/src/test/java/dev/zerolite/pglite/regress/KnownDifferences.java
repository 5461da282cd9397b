package dev.zerolite.pglite.regress;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Statements that the cluster is known to answer differently, with the reason. A file of lines
 * {@code script | beginning of the statement}, each group below a line {@code # reason}.
 */
final class KnownDifferences {
  private final Map<String, Map<String, String>> reasons = new TreeMap<>();

  static KnownDifferences parse(String text) {
    KnownDifferences known = new KnownDifferences();
    String reason = "";
    for (String line : text.lines().toList()) {
      if (line.startsWith("#")) {
        reason = line.substring(1).strip();
      } else if (!line.isBlank()) {
        String[] parts = line.split("\\s*\\|\\s*", 2);
        known.reasons.computeIfAbsent(parts[0], script -> new TreeMap<>()).put(parts[1], reason);
      }
    }
    return known;
  }

  /** Why the statement is answered differently, or null if it shall not be. */
  String reason(String script, String sql) {
    String statement = oneLine(sql);
    return reasons.getOrDefault(script, Map.of()).entrySet().stream()
        .filter(known -> statement.startsWith(known.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  /** The beginnings of the script's statements; the caller's own list. */
  List<String> of(String script) {
    return new ArrayList<>(reasons.getOrDefault(script, Map.of()).keySet());
  }

  static String oneLine(String sql) {
    return sql.strip().replaceAll("\\s+", " ");
  }
}

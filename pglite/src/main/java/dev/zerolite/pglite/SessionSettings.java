package dev.zerolite.pglite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a StartupMessage asks of a session beyond user and database, as the statements that bring it
 * about.
 *
 * <p>A standalone backend ignores the parameters of the startup packet, except {@code replication}.
 */
record SessionSettings(List<String> statements, boolean replication) {
  private static final Set<String> NOT_SETTINGS =
      Set.of("user", "database", "replication", "options");

  static SessionSettings of(Map<String, String> startup, String superuser) {
    List<String> statements = new ArrayList<>();
    String user = startup.get("user");
    if (!user.equals(superuser)) {
      statements.add("SET SESSION AUTHORIZATION " + literal(user));
    }
    commandLineSettings(startup.getOrDefault("options", ""))
        .forEach((name, value) -> statements.add(setConfig(name, value)));
    startup.forEach(
        (name, value) -> {
          if (!NOT_SETTINGS.contains(name) && !name.startsWith("_pq_.")) {
            statements.add(setConfig(name, value));
          }
        });
    return new SessionSettings(statements, wantsReplication(startup.get("replication")));
  }

  private static boolean wantsReplication(String value) {
    if (value == null) {
      return false;
    }
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "database", "true", "on", "yes", "1" -> true;
      default -> false;
    };
  }

  private static String setConfig(String name, String value) {
    return "SELECT pg_catalog.set_config(" + literal(name) + ", " + literal(value) + ", false)";
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /**
   * The settings in the {@code options} parameter: {@code -c name=value} and {@code --name=value},
   * split at unescaped white space as pg_split_opts() does (postinit.c).
   */
  static Map<String, String> commandLineSettings(String options) {
    Map<String, String> settings = new java.util.LinkedHashMap<>();
    List<String> words = split(options);
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      String assignment = null;
      if (word.equals("-c") && i + 1 < words.size()) {
        assignment = words.get(++i);
      } else if (word.startsWith("-c")) {
        assignment = word.substring(2);
      } else if (word.startsWith("--")) {
        assignment = word.substring(2);
      }
      int equals = assignment == null ? -1 : assignment.indexOf('=');
      if (equals > 0) {
        settings.put(
            assignment.substring(0, equals).replace('-', '_'), assignment.substring(equals + 1));
      }
    }
    return settings;
  }

  private static List<String> split(String options) {
    List<String> words = new ArrayList<>();
    StringBuilder word = null;
    for (int i = 0; i < options.length(); i++) {
      char c = options.charAt(i);
      if (Character.isWhitespace(c)) {
        if (word != null) {
          words.add(word.toString());
          word = null;
        }
        continue;
      }
      if (word == null) {
        word = new StringBuilder();
      }
      if (c == '\\' && i + 1 < options.length()) {
        c = options.charAt(++i);
      }
      word.append(c);
    }
    if (word != null) {
      words.add(word.toString());
    }
    return words;
  }
}

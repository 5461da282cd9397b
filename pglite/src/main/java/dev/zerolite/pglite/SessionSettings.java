package dev.zerolite.pglite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a StartupMessage asks of a session beyond the database, as the statements that bring it
 * about.
 *
 * <p>A standalone backend begins as the bootstrap superuser and ignores the parameters of the
 * startup packet, except {@code replication}.
 *
 * @param login makes the session the user's; empty if it is the superuser's
 * @param statements sets the run-time parameters, as that user
 * @param replication whether the session is a walsender's
 */
record SessionSettings(String login, List<String> statements, boolean replication) {
  private static final Set<String> NOT_SETTINGS =
      Set.of("user", "database", "replication", "options");

  static SessionSettings of(Map<String, String> startup, String superuser) {
    List<String> statements = new ArrayList<>();
    String user = startup.get("user");
    commandLineSettings(startup.getOrDefault("options", ""))
        .forEach((name, value) -> statements.add(setConfig(name, value)));
    startup.forEach(
        (name, value) -> {
          if (!NOT_SETTINGS.contains(name) && !name.startsWith("_pq_.")) {
            statements.add(setConfig(name, value));
          }
        });
    String login = user.equals(superuser) ? "" : "SET SESSION AUTHORIZATION " + literal(user);
    return new SessionSettings(login, statements, wantsReplication(startup.get("replication")));
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

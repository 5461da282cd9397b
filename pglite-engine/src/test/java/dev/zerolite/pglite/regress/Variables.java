package dev.zerolite.pglite.regress;

import java.util.HashMap;
import java.util.Map;

/** psql's variables of one session, and their interpolation. */
final class Variables {
  private final Map<String, String> values = new HashMap<>();

  void set(String name, String value) {
    values.put(name, value);
  }

  void unset(String name) {
    values.remove(name);
  }

  /**
   * Replaces {@code :name}, {@code :'name'}, {@code :"name"} and {@code :{?name}} outside quotes;
   * an unknown variable stays as it is.
   */
  String interpolate(String sql) {
    if (sql.indexOf(':') < 0) {
      return sql;
    }
    StringBuilder result = new StringBuilder();
    int i = 0;
    while (i < sql.length()) {
      int end = quotedEnd(sql, i);
      if (end > i) {
        result.append(sql, i, end);
        i = end;
      } else if (sql.startsWith("::", i)) {
        result.append("::");
        i += 2;
      } else if (sql.charAt(i) == ':') {
        i = reference(sql, i, result);
      } else {
        result.append(sql.charAt(i++));
      }
    }
    return result.toString();
  }

  /** The end of what begins at i and must not be looked into; i if nothing does. */
  private static int quotedEnd(String sql, int i) {
    char c = sql.charAt(i);
    if (c == '\'' || c == '"') {
      int end = sql.indexOf(c, i + 1);
      return end < 0 ? sql.length() : end + 1;
    }
    if (sql.startsWith("--", i)) {
      int end = sql.indexOf('\n', i);
      return end < 0 ? sql.length() : end;
    }
    if (c == '$' && (i == 0 || !ScriptReader.isIdentifierPart(sql.charAt(i - 1)))) {
      int tag = i + 1;
      while (tag < sql.length()
          && ScriptReader.isIdentifierPart(sql.charAt(tag))
          && sql.charAt(tag) != '$') {
        tag++;
      }
      if (tag < sql.length() && sql.charAt(tag) == '$') {
        String delimiter = sql.substring(i, tag + 1);
        int end = sql.indexOf(delimiter, tag + 1);
        return end < 0 ? sql.length() : end + delimiter.length();
      }
    }
    return i;
  }

  private int reference(String sql, int colon, StringBuilder result) {
    int i = colon + 1;
    if (sql.startsWith("{?", i) && sql.indexOf('}', i) > 0) {
      int end = sql.indexOf('}', i);
      result.append(values.containsKey(sql.substring(i + 2, end)) ? "TRUE" : "FALSE");
      return end + 1;
    }
    char quote =
        i < sql.length() && (sql.charAt(i) == '\'' || sql.charAt(i) == '"') ? sql.charAt(i) : 0;
    int start = quote == 0 ? i : i + 1;
    int end = start;
    while (end < sql.length()
        && ScriptReader.isIdentifierPart(sql.charAt(end))
        && sql.charAt(end) != '$') {
      end++;
    }
    String value = values.get(sql.substring(start, end));
    boolean closed = quote == 0 || end < sql.length() && sql.charAt(end) == quote;
    if (value == null || !closed) {
      result.append(':');
      return i;
    }
    if (quote == 0) {
      result.append(value);
      return end;
    }
    String mark = String.valueOf(quote);
    result.append(mark).append(value.replace(mark, mark + mark)).append(mark);
    return end + 1;
  }

  /** The value of a \set's or \if's arguments: their words joined, quotes removed. */
  String evaluate(String arguments) {
    StringBuilder value = new StringBuilder();
    int i = 0;
    while (i < arguments.length()) {
      char c = arguments.charAt(i);
      if (Character.isWhitespace(c)) {
        i++;
      } else if (c == '\'') {
        int end = i + 1;
        while (end < arguments.length() && arguments.charAt(end) != '\'') {
          end += arguments.charAt(end) == '\\' ? 2 : 1;
        }
        value.append(arguments, i + 1, Math.min(end, arguments.length()));
        i = end + 1;
      } else {
        int end = i;
        while (end < arguments.length()
            && !Character.isWhitespace(arguments.charAt(end))
            && (arguments.charAt(end) != '\'' || end == i + 1 && c == ':')) {
          end++;
        }
        String word = arguments.substring(i, end);
        value.append(word.startsWith(":'") ? word : interpolate(word));
        i = Math.max(end, i + 1);
      }
    }
    return value.toString();
  }
}

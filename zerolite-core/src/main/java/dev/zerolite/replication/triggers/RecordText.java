package dev.zerolite.replication.triggers;

import java.util.ArrayList;
import java.util.List;

/** Reads what record_out() (utils/adt/rowtypes.c) writes. */
final class RecordText {
  private final String text;
  private int position = 1; // behind the parenthesis

  private RecordText(String text) {
    this.text = text;
  }

  /** A row's values, as their output functions wrote them; null for NULL. */
  static List<String> values(String text) {
    return new RecordText(text).values();
  }

  private List<String> values() {
    List<String> values = new ArrayList<>();
    while (true) {
      values.add(value());
      if (text.charAt(position++) == ')') {
        return values;
      }
    }
  }

  private String value() {
    if (text.charAt(position) == '"') {
      return quoted();
    }
    int start = position;
    while (text.charAt(position) != ',' && text.charAt(position) != ')') {
      position++;
    }
    return position == start ? null : text.substring(start, position);
  }

  /** Quotes and backslashes inside are doubled. */
  private String quoted() {
    StringBuilder value = new StringBuilder();
    position++;
    while (true) {
      char c = text.charAt(position++);
      if (c == '"' || c == '\\') {
        if (c == '"' && text.charAt(position) != '"') {
          return value.toString();
        }
        position++;
      }
      value.append(c);
    }
  }
}

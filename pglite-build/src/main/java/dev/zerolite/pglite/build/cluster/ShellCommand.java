package dev.zerolite.pglite.build.cluster;

import java.util.ArrayList;
import java.util.List;

/** The simple shell commands that initdb makes: words, quotes, redirections at the end. */
final class ShellCommand {
  private static final String OPERATORS = "<>|&;";

  private ShellCommand() {}

  /** The words before the first redirection or other operator. */
  static List<String> words(String command) {
    List<String> words = new ArrayList<>();
    StringBuilder word = null;
    char quote = 0;
    for (int i = 0; i < command.length(); i++) {
      char c = command.charAt(i);
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          boolean escaped = c == '\\' && quote == '"' && i + 1 < command.length();
          word.append(escaped ? command.charAt(++i) : c);
        }
      } else if (c == ' ') {
        if (word != null) {
          words.add(word.toString());
          word = null;
        }
      } else if (OPERATORS.indexOf(c) >= 0) {
        break;
      } else {
        if (word == null) {
          word = new StringBuilder();
        }
        if (c == '"' || c == '\'') {
          quote = c;
        } else {
          word.append(c == '\\' && i + 1 < command.length() ? command.charAt(++i) : c);
        }
      }
    }
    if (word != null) {
      words.add(word.toString());
    }
    return words;
  }
}

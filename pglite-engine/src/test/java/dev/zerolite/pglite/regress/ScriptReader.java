package dev.zerolite.pglite.regress;

import java.util.Locale;
import java.util.Optional;

/**
 * Cuts a psql script into statements and backslash commands, by the rules of psql's scanner
 * (psqlscan.l): a semicolon ends a statement unless it is in quotes, in a comment, in parentheses
 * or in the body of a BEGIN ATOMIC function.
 *
 * <p>What follows a COPY FROM STDIN is data only if the server asks for it, so that is read on
 * demand, with {@link #copyData}.
 */
final class ScriptReader {
  /** What comes next in a script. */
  sealed interface Item {
    int line();
  }

  /** SQL up to a semicolon, without it. */
  record Statement(String sql, int line) implements Item {}

  /**
   * A backslash command.
   *
   * @param pending the SQL before it that no semicolon has ended; commands such as {@code \g} send
   *     it
   * @param arguments the rest of the line
   */
  record Command(String name, String arguments, String pending, int line) implements Item {}

  private final String text;
  private final StringBuilder statement = new StringBuilder();
  private int position;
  private int parentheses;
  private int atomicDepth;
  private int identifiers;
  private final StringBuilder firstIdentifiers = new StringBuilder();
  private boolean standardStrings = true;
  private boolean blank = true;

  ScriptReader(String text) {
    this.text = text;
  }

  /** Whether a backslash in '...' is an ordinary character: standard_conforming_strings. */
  void setStandardStrings(boolean standard) {
    standardStrings = standard;
  }

  /** The next item; empty at the end. A statement that nothing ends is dropped, as psql does. */
  Optional<Item> next() {
    reset();
    int start = position;
    while (position < text.length()) {
      char c = text.charAt(position);
      if (blank && Character.isWhitespace(c)) {
        position++;
        start = position;
      } else if (c == '\'') {
        quoted('\'', !standardStrings);
      } else if (c == '"') {
        quoted('"', false);
      } else if (text.startsWith("--", position)) {
        // psql keeps comments within a statement, and so do error positions
        take(endOfLine() - position, blank);
        if (blank) {
          start = position;
        }
      } else if (text.startsWith("/*", position)) {
        take(endOfComment() - position, false);
      } else if (c == '$') {
        dollar();
      } else if (isIdentifierStart(c)) {
        word();
      } else if (c == ';' && parentheses == 0 && atomicDepth == 0) {
        position++;
        return Optional.of(new Statement(statement.toString(), lineOf(start)));
      } else if (c == '\\') {
        if (text.startsWith("\\;", position)) {
          statement.append(';');
          position += 2;
          blank = false;
          identifiers = 0;
          firstIdentifiers.setLength(0);
        } else {
          return Optional.of(command());
        }
      } else {
        if (c == '(') {
          parentheses++;
        } else if (c == ')' && parentheses > 0) {
          parentheses--;
        }
        take(1, false);
      }
    }
    return blank
        ? Optional.empty()
        : Optional.of(new Statement(statement.toString(), lineOf(start)));
  }

  private void reset() {
    statement.setLength(0);
    firstIdentifiers.setLength(0);
    parentheses = 0;
    atomicDepth = 0;
    identifiers = 0;
    blank = true;
  }

  /** Puts a command's pending SQL back: the command did not send it. */
  Optional<Item> nextAfter(String pending) {
    String rest = text.substring(position);
    ScriptReader reader = new ScriptReader(pending + " " + rest);
    reader.standardStrings = standardStrings;
    Optional<Item> item = reader.next();
    position = text.length() - (reader.text.length() - reader.position);
    return item;
  }

  private void take(int length, boolean drop) {
    if (!drop) {
      statement.append(text, position, position + length);
      blank = false;
    }
    position += length;
  }

  private int endOfLine() {
    int end = text.indexOf('\n', position);
    return end < 0 ? text.length() : end;
  }

  private int endOfComment() {
    int depth = 0;
    int i = position;
    while (i < text.length()) {
      if (text.startsWith("/*", i)) {
        depth++;
        i += 2;
      } else if (text.startsWith("*/", i)) {
        depth--;
        i += 2;
        if (depth == 0) {
          return i;
        }
      } else {
        i++;
      }
    }
    return text.length();
  }

  private void quoted(char quote, boolean backslashes) {
    int i = position + 1;
    while (i < text.length() && text.charAt(i) != quote) {
      i += backslashes && text.charAt(i) == '\\' ? 2 : 1;
    }
    take(Math.min(i + 1, text.length()) - position, false);
  }

  private void dollar() {
    int i = position + 1;
    while (i < text.length() && isIdentifierPart(text.charAt(i)) && text.charAt(i) != '$') {
      i++;
    }
    boolean tag =
        i < text.length()
            && text.charAt(i) == '$'
            && (i == position + 1 || isIdentifierStart(text.charAt(position + 1)));
    if (!tag) {
      take(1, false);
      return;
    }
    String delimiter = text.substring(position, i + 1);
    int end = text.indexOf(delimiter, i + 1);
    take((end < 0 ? text.length() : end + delimiter.length()) - position, false);
  }

  private void word() {
    int end = position;
    while (end < text.length() && isIdentifierPart(text.charAt(end))) {
      end++;
    }
    String word = text.substring(position, end).toLowerCase(Locale.ROOT);
    take(end - position, false);
    if (end < text.length() && text.charAt(end) == '\'' && word.equals("e")) {
      quoted('\'', true);
    } else if (text.startsWith("&'", end) && word.equals("u")) {
      take(1, false);
      quoted('\'', false);
    }
    countBegins(word);
  }

  /** As psqlscan.l finds the bodies of CREATE [OR REPLACE] {FUNCTION | PROCEDURE}. */
  private void countBegins(String word) {
    identifiers++;
    if (identifiers <= 4) {
      firstIdentifiers.append(word).append(' ');
    }
    boolean routine =
        firstIdentifiers
            .toString()
            .matches(
                "create (or replace )?(function|procedure) .*|create (or replace )?(function|procedure) ");
    if (!routine || parentheses > 0) {
      return;
    }
    if (word.equals("begin") || word.equals("case") && atomicDepth > 0) {
      atomicDepth++;
    } else if (word.equals("end") && atomicDepth > 0) {
      atomicDepth--;
    }
  }

  private Command command() {
    int line = lineOf(position);
    int i = position + 1;
    while (i < text.length() && !Character.isWhitespace(text.charAt(i)) && text.charAt(i) != '\\') {
      i++;
    }
    String name = text.substring(position + 1, i);
    position = i;
    int end = endOfLine();
    int next = endOfArguments(i, end);
    String arguments = text.substring(i, next).strip();
    position = next;
    if (text.startsWith("\\\\", position)) {
      position += 2;
    }
    return new Command(name, arguments, statement.toString(), line);
  }

  /** Another command may follow on the same line, unless in quotes. */
  private int endOfArguments(int from, int to) {
    char quote = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        }
      } else if (c == '\'' || c == '"' || c == '`') {
        quote = c;
      } else if (c == '\\') {
        return i;
      }
    }
    return to;
  }

  /** The lines up to {@code \.}, each with its newline, from behind the current line. */
  String copyData() {
    position = Math.min(endOfLine() + 1, text.length());
    StringBuilder data = new StringBuilder();
    while (position < text.length()) {
      int end = endOfLine();
      String line = text.substring(position, end);
      position = Math.min(end + 1, text.length());
      if (line.equals("\\.")) {
        break;
      }
      data.append(line).append('\n');
    }
    return data.toString();
  }

  /** Goes on behind the next {@code \endif}, {@code \else} or {@code \elif} of this level. */
  Command skipBranch() {
    int depth = 0;
    while (position < text.length()) {
      position = Math.min(endOfLine() + 1, text.length());
      int lineStart = position;
      String line = text.substring(position, endOfLine()).strip();
      if (line.startsWith("\\if")) {
        depth++;
      } else if (line.startsWith("\\endif")) {
        if (depth == 0) {
          position = lineStart + text.substring(lineStart).indexOf("\\endif") + "\\endif".length();
          return new Command("endif", "", "", lineOf(lineStart));
        }
        depth--;
      } else if (depth == 0 && (line.startsWith("\\else") || line.startsWith("\\elif"))) {
        position = endOfLine();
        return new Command(line.substring(1, 5), line.substring(5).strip(), "", lineOf(lineStart));
      }
    }
    return new Command("endif", "", "", lineOf(position));
  }

  private int lineOf(int index) {
    int line = 1;
    for (int i = 0; i < Math.min(index, text.length()); i++) {
      if (text.charAt(i) == '\n') {
        line++;
      }
    }
    return line;
  }

  static boolean isIdentifierStart(char c) {
    return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80;
  }

  static boolean isIdentifierPart(char c) {
    return isIdentifierStart(c) || c >= '0' && c <= '9' || c == '$';
  }
}

package dev.zerolite.replication.triggers;

import java.util.Locale;

/** Takes a replication command apart as PostgreSQL's repl_scanner.l does. */
final class CommandScanner {
  /** What a word of a command is; all else is a character of its own. */
  enum Kind {
    WORD,
    QUOTED_NAME,
    STRING,
    NUMBER,
    POSITION,
    CHARACTER,
    END
  }

  /**
   * A word of a command.
   *
   * @param text without quotes; a name's as it is looked up
   */
  record Token(Kind kind, String text) {
    /** Keywords are names without quotes. */
    boolean is(String keyword) {
      return kind == Kind.WORD && text.equalsIgnoreCase(keyword);
    }

    boolean is(char character) {
      return kind == Kind.CHARACTER && text.charAt(0) == character;
    }

    /** A name that is not written as a keyword. */
    boolean isName() {
      return kind == Kind.QUOTED_NAME || kind == Kind.WORD && !ReplicationGrammar.isKeyword(text);
    }
  }

  private final String text;
  private int position;

  CommandScanner(String text) {
    this.text = text;
  }

  Token next() throws ReplicationException {
    while (position < text.length() && " \t\n\r\f\u000b".indexOf(text.charAt(position)) >= 0) {
      position++;
    }
    if (position == text.length()) {
      return new Token(Kind.END, "");
    }
    char first = text.charAt(position);
    if (first == '\'') {
      return new Token(Kind.STRING, quoted(first));
    }
    if (first == '"') {
      return new Token(Kind.QUOTED_NAME, quoted(first));
    }
    int end = endOfPosition();
    if (end > position) {
      return take(Kind.POSITION, end);
    }
    end = position;
    if (isDigit(first)) {
      while (end < text.length() && isDigit(text.charAt(end))) {
        end++;
      }
      return take(Kind.NUMBER, end);
    }
    if (beginsName(first)) {
      while (end < text.length() && continuesName(text.charAt(end))) {
        end++;
      }
      Token word = take(Kind.WORD, end);
      return new Token(Kind.WORD, word.text().toLowerCase(Locale.ROOT));
    }
    return take(Kind.CHARACTER, position + 1);
  }

  private Token take(Kind kind, int end) {
    Token token = new Token(kind, text.substring(position, end));
    position = end;
    return token;
  }

  private String quoted(char quote) throws ReplicationException {
    StringBuilder content = new StringBuilder();
    for (int i = position + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != quote) {
        content.append(c);
      } else if (i + 1 < text.length() && text.charAt(i + 1) == quote) {
        content.append(c);
        i++;
      } else {
        position = i + 1;
        return content.toString();
      }
    }
    throw new ReplicationException("42601", "unterminated quoted string");
  }

  /** Two numbers of one to eight hexadecimal digits around a slash. */
  private int endOfPosition() {
    int slash = endOfHexadecimal(position);
    if (slash == position || slash == text.length() || text.charAt(slash) != '/') {
      return position;
    }
    int end = endOfHexadecimal(slash + 1);
    return end == slash + 1 ? position : end;
  }

  private int endOfHexadecimal(int from) {
    int end = from;
    while (end < text.length()
        && end < from + 8
        && "0123456789abcdefABCDEF".indexOf(text.charAt(end)) >= 0) {
      end++;
    }
    return end;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean beginsName(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80;
  }

  private static boolean continuesName(char c) {
    return beginsName(c) || isDigit(c) || c == '$';
  }
}

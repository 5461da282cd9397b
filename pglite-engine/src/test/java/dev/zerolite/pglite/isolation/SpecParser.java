package dev.zerolite.pglite.isolation;

import dev.zerolite.pglite.isolation.Spec.Blocker;
import dev.zerolite.pglite.isolation.Spec.ScheduledStep;
import dev.zerolite.pglite.isolation.Spec.Session;
import dev.zerolite.pglite.isolation.Spec.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a spec file; the grammar is that of specscanner.l and specparse.y. */
final class SpecParser {
  private enum Kind {
    WORD,
    QUOTED,
    SQL,
    NUMBER,
    PUNCTUATION,
    END
  }

  private record Token(Kind kind, String text) {
    boolean isWord(String word) {
      return kind == Kind.WORD && text.equals(word);
    }
  }

  private static final Pattern TOKEN =
      Pattern.compile(
          """
          (?<skip>\\s+|\\#[^\\n\\r]*)\
          |(?<word>[A-Za-z\\x80-\\uffff_][A-Za-z\\x80-\\uffff_0-9$]*)\
          |"(?<quoted>(?:[^"\\n]|"")*)"\
          |\\{(?<sql>[^}]*)\\}\
          |(?<number>[0-9]+)\
          |(?<punctuation>[,()*])""");

  private final List<Token> tokens = new ArrayList<>();
  private final Map<String, Step> steps = new HashMap<>();
  private int position;

  private SpecParser(String text) {
    Matcher matcher = TOKEN.matcher(text);
    int end = 0;
    while (end < text.length()) {
      if (!matcher.find(end) || matcher.start() != end) {
        throw new IllegalArgumentException(
            "line %d: unexpected character %s"
                .formatted(text.substring(0, end).lines().count(), text.charAt(end)));
      }
      end = matcher.end();
      add(Kind.WORD, matcher.group("word"));
      String quoted = matcher.group("quoted");
      add(Kind.QUOTED, quoted == null ? null : quoted.replace("\"\"", "\""));
      String sql = matcher.group("sql");
      add(Kind.SQL, sql == null ? null : sql.strip());
      add(Kind.NUMBER, matcher.group("number"));
      add(Kind.PUNCTUATION, matcher.group("punctuation"));
    }
    tokens.add(new Token(Kind.END, "end of file"));
  }

  static Spec parse(String text) {
    return new SpecParser(text).spec();
  }

  private void add(Kind kind, String text) {
    if (text != null) {
      tokens.add(new Token(kind, text));
    }
  }

  private Spec spec() {
    List<String> setups = new ArrayList<>();
    for (Optional<String> setup = block("setup"); setup.isPresent(); setup = block("setup")) {
      setups.add(setup.get());
    }
    Optional<String> teardown = block("teardown");
    List<Session> sessions = new ArrayList<>();
    while (acceptWord("session")) {
      sessions.add(session(sessions.size()));
    }
    List<List<ScheduledStep>> permutations = new ArrayList<>();
    while (acceptWord("permutation")) {
      permutations.add(permutation());
    }
    if (peek().kind() != Kind.END || sessions.isEmpty()) {
      throw unexpected("a session or a permutation");
    }
    return new Spec(
        setups,
        teardown,
        sessions,
        permutations.isEmpty() ? Spec.interleavings(sessions) : permutations);
  }

  private Session session(int index) {
    String name = name();
    Optional<String> setup = block("setup");
    List<Step> own = new ArrayList<>();
    while (acceptWord("step")) {
      Step step = new Step(name(), take(Kind.SQL).text(), index);
      if (steps.put(step.name(), step) != null) {
        throw new IllegalArgumentException("step " + step.name() + " is defined twice");
      }
      own.add(step);
    }
    return new Session(name, setup, own, block("teardown"));
  }

  private List<ScheduledStep> permutation() {
    List<ScheduledStep> permutation = new ArrayList<>();
    while (peek().kind() != Kind.END && !peek().isWord("permutation")) {
      Step step = step();
      List<Blocker> blockers = new ArrayList<>();
      if (accept("(")) {
        do {
          blockers.add(blocker());
        } while (accept(","));
        if (!accept(")")) {
          throw unexpected("a comma or a closing parenthesis");
        }
      }
      permutation.add(new ScheduledStep(step, blockers));
    }
    return permutation;
  }

  private Blocker blocker() {
    if (accept("*")) {
      return new Blocker.Once();
    }
    Step other = step();
    return acceptWord("notices")
        ? new Blocker.Notices(other, Integer.parseInt(take(Kind.NUMBER).text()))
        : new Blocker.OtherStep(other);
  }

  private Step step() {
    String name = name();
    Step step = steps.get(name);
    if (step == null) {
      throw new IllegalArgumentException("step " + name + " is not defined");
    }
    return step;
  }

  private Optional<String> block(String keyword) {
    return acceptWord(keyword) ? Optional.of(take(Kind.SQL).text()) : Optional.empty();
  }

  private String name() {
    if (peek().kind() == Kind.QUOTED) {
      return tokens.get(position++).text();
    }
    return take(Kind.WORD).text();
  }

  private Token peek() {
    return tokens.get(position);
  }

  private Token take(Kind kind) {
    if (peek().kind() != kind) {
      throw unexpected(kind.toString());
    }
    return tokens.get(position++);
  }

  private boolean acceptWord(String word) {
    boolean there = peek().isWord(word);
    position += there ? 1 : 0;
    return there;
  }

  private boolean accept(String punctuation) {
    boolean there = peek().equals(new Token(Kind.PUNCTUATION, punctuation));
    position += there ? 1 : 0;
    return there;
  }

  private IllegalArgumentException unexpected(String wanted) {
    return new IllegalArgumentException(
        "token %d is %s, expected %s".formatted(position, peek().text(), wanted));
  }
}

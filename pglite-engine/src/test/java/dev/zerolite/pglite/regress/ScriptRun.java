package dev.zerolite.pglite.regress;

import dev.zerolite.pglite.regress.Answer.Kind;
import dev.zerolite.pglite.regress.Comparison.Verdict;
import dev.zerolite.pglite.regress.ScriptReader.Command;
import dev.zerolite.pglite.regress.ScriptReader.Item;
import dev.zerolite.pglite.regress.ScriptReader.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs a script on a native server and on the cluster, statement by statement, and keeps what
 * differs. A second native server, if there is one, tells which answers are never the same twice.
 */
final class ScriptRun {
  private static final Pattern STANDARD_STRINGS =
      Pattern.compile("standard_conforming_strings=(\\w+)");

  /** psql's \d and its relatives ask the catalogues; this asks for the same about one relation. */
  private static final String DESCRIBE =
      """
      SELECT c.relkind, c.relpersistence, c.relreplident, c.relispartition, c.reloptions,
        (SELECT array_agg(format('%%s %%s %%s %%s %%s %%s', attname, format_type(atttypid, atttypmod),
             attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid)) ORDER BY attnum)
           FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
           WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
        (SELECT array_agg(pg_get_indexdef(indexrelid) ORDER BY 1)
           FROM (SELECT indexrelid FROM pg_index WHERE indrelid = c.oid ORDER BY indexrelid::regclass::text) i) AS indexes,
        (SELECT array_agg(conname || ' ' || pg_get_constraintdef(oid) ORDER BY conname)
           FROM pg_constraint WHERE conrelid = c.oid) AS constraints,
        (SELECT array_agg(pg_get_triggerdef(oid) ORDER BY tgname)
           FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) AS triggers,
        (SELECT array_agg(pg_get_ruledef(oid) ORDER BY rulename) FROM pg_rewrite WHERE ev_class = c.oid) AS rules,
        (SELECT array_agg(inhparent::regclass::text ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid) AS parents,
        pg_get_partkeydef(c.oid) AS partition_key, pg_get_expr(c.relpartbound, c.oid) AS bound
      FROM pg_class c WHERE c.oid = pg_catalog.to_regclass(%s)""";

  private final Comparison comparison;
  private final ScriptSession expected;
  private final Optional<ScriptSession> again;
  private final ScriptSession found;
  private final ScriptReport report;
  private final ScriptReader reader;

  ScriptRun(
      String script,
      Comparison comparison,
      ScriptSession expected,
      Optional<ScriptSession> again,
      ScriptSession found,
      ScriptReport report) {
    this.reader = new ScriptReader(script);
    this.comparison = comparison;
    this.expected = expected;
    this.again = again;
    this.found = found;
    this.report = report;
  }

  void run() throws Exception {
    for (Optional<Item> item = reader.next(); item.isPresent(); item = reader.next()) {
      Item current = item.get();
      while (current instanceof Command command) {
        if (command.name().equals("q") || command.name().equals("quit")) {
          return;
        }
        if (run(command) || command.pending().isBlank()) {
          current = null;
          break;
        }
        current = reader.nextAfter(command.pending()).orElse(null);
      }
      if (current instanceof Statement statement && !statement.sql().isBlank()) {
        execute(statement.sql(), statement.line());
      }
    }
  }

  private List<Answer> execute(String sql, int line) throws Exception {
    List<String> copied = new ArrayList<>();
    Answer wanted =
        expected.execute(
            expected.variables().interpolate(sql),
            () -> {
              copied.add(reader.copyData());
              return copied.get(copied.size() - 1);
            });
    Optional<Answer> second = Optional.empty();
    if (again.isPresent()) {
      ScriptSession session = again.get();
      second = Optional.of(session.execute(session.variables().interpolate(sql), replay(copied)));
    }
    long start = System.nanoTime();
    Answer got = found.execute(found.variables().interpolate(sql), replay(copied));
    report.took(System.nanoTime() - start);
    followSettings(wanted);
    Verdict verdict = comparison.compare(sql, wanted, got);
    boolean unstable =
        second.isPresent()
            && !(comparison.compare(sql, wanted, second.get()) instanceof Verdict.Equal);
    report.add(line, sql, wanted, got, verdict, unstable);
    List<Answer> answers = new ArrayList<>(List.of(wanted, got));
    second.ifPresent(answers::add);
    return answers;
  }

  private static Supplier<String> replay(List<String> copied) {
    List<String> rest = new ArrayList<>(copied);
    return () -> rest.isEmpty() ? "" : rest.remove(0);
  }

  private void followSettings(Answer answer) {
    for (Answer.Line line : answer.lines()) {
      if (line.kind() == Kind.PARAMETER) {
        Matcher matcher = STANDARD_STRINGS.matcher(line.text());
        if (matcher.matches()) {
          reader.setStandardStrings(matcher.group(1).equals("on"));
        }
      }
    }
  }

  private List<ScriptSession> sessions() {
    List<ScriptSession> sessions = new ArrayList<>(List.of(expected, found));
    again.ifPresent(sessions::add);
    return sessions;
  }

  /** Runs a backslash command; true if it used the SQL before it up. */
  private boolean run(Command command) throws Exception {
    String name = command.name();
    String arguments = command.arguments();
    switch (name) {
      case "g", "gx", "crosstabview" -> {
        execute(command.pending(), command.line());
        return true;
      }
      case "gset" -> {
        List<Answer> answers = execute(command.pending(), command.line());
        List<ScriptSession> sessions = sessions();
        for (int i = 0; i < sessions.size(); i++) {
          setVariables(sessions.get(i).variables(), arguments, answers.get(i));
        }
        return true;
      }
      case "gexec" -> {
        Answer answer = execute(command.pending(), command.line()).get(0);
        for (Answer.Line line : answer.lines()) {
          if (line.kind() == Kind.ROW) {
            for (String cell : line.text().split(" \\| ")) {
              execute(cell, command.line());
            }
          }
        }
        return true;
      }
      case "gdesc" -> {
        report.skip("\\gdesc");
        return true;
      }
      case "r" -> {
        return true;
      }
      case "c", "connect" -> connect(arguments);
      case "set" -> {
        String[] words = arguments.split("\\s+", 2);
        for (ScriptSession session : sessions()) {
          session
              .variables()
              .set(words[0], words.length < 2 ? "" : session.variables().evaluate(words[1]));
        }
      }
      case "unset" -> sessions().forEach(session -> session.variables().unset(arguments));
      case "if", "elif" -> branch(command);
      case "else" -> {
        while (!reader.skipBranch().name().equals("endif")) {
          // a branch before was taken
        }
      }
      case "copy" -> {
        if (arguments.toLowerCase(Locale.ROOT).matches("(?s).*\\b(stdin|stdout)\\b.*")) {
          execute("COPY " + arguments.replaceFirst(";$", ""), command.line());
        } else {
          report.skip("\\copy with a file");
        }
      }
      case "d", "d+", "dS+" -> {
        if (arguments.isEmpty() || arguments.contains("*") || arguments.contains("?")) {
          report.skip("\\d of several");
        } else {
          execute(
              DESCRIBE.formatted("'" + arguments.replaceFirst(";$", "").replace("'", "''") + "'"),
              command.line());
        }
      }
      // what only changes how psql shows answers, or the environment, which is set before
      case "endif",
          "getenv",
          "setenv",
          "echo",
          "qecho",
          "pset",
          "x",
          "a",
          "t",
          "timing",
          "encoding" -> {}
      default -> report.skip("\\" + name);
    }
    return false;
  }

  private void branch(Command command) {
    String value = expected.variables().evaluate(command.arguments()).toLowerCase(Locale.ROOT);
    boolean taken = value.matches("t|tr|tru|true|on|1|y|ye|yes");
    if (command.name().equals("elif") && command.pending().isEmpty()) {
      // reached from a branch that was taken
      taken = false;
      while (!reader.skipBranch().name().equals("endif")) {
        // to the end
      }
      return;
    }
    while (!taken) {
      Command next = reader.skipBranch();
      value = expected.variables().evaluate(next.arguments()).toLowerCase(Locale.ROOT);
      taken = !next.name().equals("elif") || value.matches("t|tr|tru|true|on|1|y|ye|yes");
    }
  }

  private void connect(String arguments) {
    String[] words = arguments.replace("\"", "").split("\\s+");
    Optional<String> database =
        words[0].isEmpty() || words[0].equals("-") ? Optional.empty() : Optional.of(words[0]);
    Optional<String> user =
        words.length < 2 || words[1].equals("-") ? Optional.empty() : Optional.of(words[1]);
    for (ScriptSession session : sessions()) {
      session.reconnect(database, user);
    }
    reader.setStandardStrings(true);
  }

  private static void setVariables(Variables variables, String prefix, Answer answer) {
    String[] names = {};
    for (Answer.Line line : answer.lines()) {
      if (line.kind() == Kind.COLUMNS) {
        names = line.text().split(" \\| ");
      } else if (line.kind() == Kind.ROW) {
        String[] values = line.text().replace("\u0001", "").split(" \\| ", -1);
        for (int i = 0; i < names.length && i < values.length; i++) {
          // "name type(modifier)size": the name ends before the last blank but those of " of ..."
          String name = names[i].replaceFirst(" (user|\\d+)\\(-?\\d+\\)-?\\d+( of .*)?$", "");
          if (values[i].equals("NULL")) {
            variables.unset(prefix + name);
          } else {
            variables.set(prefix + name, values[i]);
          }
        }
      }
    }
  }
}

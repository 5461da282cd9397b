package dev.zerolite.replication.triggers;

import dev.zerolite.replication.triggers.CommandScanner.Kind;
import dev.zerolite.replication.triggers.CommandScanner.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The commands that PostgreSQL's repl_gram.y knows, as far as what they mean is of use here. */
final class ReplicationGrammar {
  /** With which a replication command begins; anything else is SQL. */
  private static final Set<String> COMMANDS =
      Set.of(
          "identify_system",
          "read_replication_slot",
          "show",
          "timeline_history",
          "base_backup",
          "upload_manifest",
          "start_replication",
          "create_replication_slot",
          "alter_replication_slot",
          "drop_replication_slot");

  private static final Set<String> OLD_OPTIONS =
      Set.of("export_snapshot", "noexport_snapshot", "use_snapshot", "reserve_wal", "two_phase");

  private static final Set<String> OTHER_KEYWORDS =
      Set.of("physical", "logical", "slot", "temporary", "timeline", "wait");

  /**
   * An option of a command.
   *
   * @param value null if there is none
   */
  record Option(String name, String value) {}

  /**
   * A command that is well-formed.
   *
   * @param keyword its first word in capitals
   * @param slot null if it names none
   * @param plugin null unless it is about logical replication
   * @param position where a stream shall begin; null if the command has none
   */
  record Command(
      String keyword,
      String slot,
      boolean temporary,
      boolean logical,
      String plugin,
      String position,
      List<Option> options) {
    Command {
      options = List.copyOf(options);
    }

    private static Command of(String keyword, String slot, List<Option> options) {
      return new Command(keyword, slot, false, false, null, null, options);
    }
  }

  private final CommandScanner scanner;
  private Token token;

  private ReplicationGrammar(String text) throws ReplicationException {
    scanner = new CommandScanner(text);
    token = scanner.next();
  }

  static boolean isKeyword(String word) {
    return COMMANDS.contains(word) || OLD_OPTIONS.contains(word) || OTHER_KEYWORDS.contains(word);
  }

  /** Whether it is one, right or wrong. */
  static boolean isCommand(String query) {
    try {
      Token first = new CommandScanner(query).next();
      return first.kind() == Kind.WORD && COMMANDS.contains(first.text());
    } catch (ReplicationException unterminated) {
      return false;
    }
  }

  static Command parse(String query) throws ReplicationException {
    return new ReplicationGrammar(query).command();
  }

  private Command command() throws ReplicationException {
    String keyword = take(Kind.WORD);
    Command command =
        switch (keyword) {
          case "identify_system", "upload_manifest" -> Command.of(keyword, null, List.of());
          case "read_replication_slot", "show" -> {
            String name = name();
            yield Command.of(keyword, accept('.') ? name + '.' + name() : name, List.of());
          }
          case "timeline_history" -> {
            take(Kind.NUMBER);
            yield Command.of(keyword, null, List.of());
          }
          case "base_backup" ->
              Command.of(keyword, null, token.is('(') ? genericOptions() : List.of());
          case "alter_replication_slot" -> Command.of(keyword, name(), genericOptions());
          case "drop_replication_slot" -> {
            String slot = name();
            accept("wait");
            yield Command.of(keyword, slot, List.of());
          }
          case "create_replication_slot" -> create(keyword);
          case "start_replication" -> start(keyword);
          default -> throw syntaxError();
        };
    accept(';');
    if (token.kind() != Kind.END) {
      throw syntaxError();
    }
    return command;
  }

  private Command create(String keyword) throws ReplicationException {
    final String slot = name();
    final boolean temporary = accept("temporary");
    final boolean logical = !accept("physical");
    String plugin = null;
    if (logical) {
      expect("logical");
      plugin = name();
    }
    List<Option> options = token.is('(') ? genericOptions() : new ArrayList<>();
    while (token.kind() == Kind.WORD && OLD_OPTIONS.contains(token.text())) {
      if (!options.isEmpty() && !OLD_OPTIONS.contains(options.get(0).name())) {
        throw syntaxError();
      }
      options.add(new Option(take(Kind.WORD), null));
    }
    return new Command(keyword, slot, temporary, logical, plugin, null, options);
  }

  private Command start(String keyword) throws ReplicationException {
    String slot = accept("slot") ? name() : null;
    boolean logical = slot != null && accept("logical");
    if (!logical) {
      accept("physical");
    }
    String position = take(Kind.POSITION);
    List<Option> options = new ArrayList<>();
    if (logical && accept('(')) {
      do {
        String name = nameOrKeyword();
        options.add(new Option(name, token.kind() == Kind.STRING ? take(Kind.STRING) : null));
      } while (accept(','));
      expect(')');
    } else if (!logical && accept("timeline")) {
      take(Kind.NUMBER);
    }
    return new Command(keyword, slot, false, logical, null, position, options);
  }

  private List<Option> genericOptions() throws ReplicationException {
    expect('(');
    List<Option> options = new ArrayList<>();
    do {
      String name = nameOrKeyword();
      boolean hasValue =
          token.isName() || token.kind() == Kind.STRING || token.kind() == Kind.NUMBER;
      options.add(new Option(name, hasValue ? take(token.kind()) : null));
    } while (accept(','));
    expect(')');
    return options;
  }

  private String nameOrKeyword() throws ReplicationException {
    return token.kind() == Kind.WORD ? take(Kind.WORD) : name();
  }

  private String name() throws ReplicationException {
    if (!token.isName()) {
      throw syntaxError();
    }
    return take(token.kind());
  }

  private String take(Kind kind) throws ReplicationException {
    if (token.kind() != kind) {
      throw syntaxError();
    }
    String text = token.text();
    token = scanner.next();
    return text;
  }

  private boolean accept(String keyword) throws ReplicationException {
    boolean is = token.is(keyword);
    if (is) {
      token = scanner.next();
    }
    return is;
  }

  private boolean accept(char character) throws ReplicationException {
    boolean is = token.is(character);
    if (is) {
      token = scanner.next();
    }
    return is;
  }

  private void expect(String keyword) throws ReplicationException {
    if (!accept(keyword)) {
      throw syntaxError();
    }
  }

  private void expect(char character) throws ReplicationException {
    if (!accept(character)) {
      throw syntaxError();
    }
  }

  /** Without a position, as in replication_yyerror(). */
  private static ReplicationException syntaxError() {
    return new ReplicationException("42601", "syntax error");
  }
}

package dev.zerolite.replication.triggers;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The commands of "Streaming Replication Protocol" in PostgreSQL's manual, as far as logical
 * consumers use them.
 */
final class ReplicationCommands {
  private static final String NAME = "(\"(?:[^\"]|\"\")+\"|[A-Za-z_][A-Za-z0-9_$]*)";
  private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.DOTALL;

  private static final Pattern KEYWORD =
      Pattern.compile(
          "\\s*(IDENTIFY_SYSTEM|READ_REPLICATION_SLOT|TIMELINE_HISTORY|BASE_BACKUP|UPLOAD_MANIFEST|START_REPLICATION|(?:CREATE|ALTER|DROP)_REPLICATION_SLOT)\\b.*",
          FLAGS);
  private static final Pattern CREATE =
      Pattern.compile(
          "\\s*CREATE_REPLICATION_SLOT\\s+"
              + NAME
              + "(\\s+TEMPORARY)?\\s+(?:PHYSICAL|LOGICAL\\s+"
              + NAME
              + ")(.*?);?\\s*",
          FLAGS);
  private static final Pattern DROP =
      Pattern.compile("\\s*DROP_REPLICATION_SLOT\\s+" + NAME + "(\\s+WAIT)?\\s*;?\\s*", FLAGS);
  private static final Pattern START =
      Pattern.compile(
          "\\s*START_REPLICATION\\s+SLOT\\s+"
              + NAME
              + "\\s+LOGICAL\\s+([0-9A-F]{1,8}/[0-9A-F]{1,8})\\s*(?:\\((.*)\\))?\\s*;?\\s*",
          FLAGS);
  private static final Pattern OPTION =
      Pattern.compile("\\s*" + NAME + "(?:\\s+'((?:[^']|'')*)'|\\s+(\\w+))?\\s*(,|$)", FLAGS);

  private ReplicationCommands() {}

  /** The command's first word in capitals; empty if it is SQL. */
  static String keyword(String query) {
    Matcher matcher = KEYWORD.matcher(query);
    return matcher.matches() ? matcher.group(1).toUpperCase(Locale.ROOT) : "";
  }

  /** What is to become of a new slot's snapshot. */
  enum Snapshot {
    EXPORT,
    USE,
    NOTHING
  }

  record Create(String slot, Snapshot snapshot) {}

  static Create create(String query) throws ReplicationException {
    Matcher matcher = CREATE.matcher(query);
    if (!matcher.matches()) {
      throw syntaxError();
    }
    if (matcher.group(2) != null) {
      throw unsupported("temporary slots");
    }
    if (matcher.group(3) == null) {
      throw unsupported("physical replication");
    }
    if (!name(matcher.group(3)).equals("pgoutput")) {
      throw unsupported("output plugins other than pgoutput");
    }
    String options = matcher.group(4).toUpperCase(Locale.ROOT);
    if (options.contains("TWO_PHASE") && !options.matches(".*TWO_PHASE\\s+'?(FALSE|OFF|0).*")) {
      throw unsupported("two-phase slots");
    }
    Snapshot snapshot = Snapshot.EXPORT;
    if (options.contains("NOEXPORT_SNAPSHOT") || options.contains("'NOTHING'")) {
      snapshot = Snapshot.NOTHING;
    } else if (options.contains("USE_SNAPSHOT") || options.contains("'USE'")) {
      snapshot = Snapshot.USE;
    }
    return new Create(name(matcher.group(1)), snapshot);
  }

  static String drop(String query) throws ReplicationException {
    Matcher matcher = DROP.matcher(query);
    if (!matcher.matches()) {
      throw syntaxError();
    }
    return name(matcher.group(1));
  }

  static StartReplication start(String query) throws ReplicationException {
    Matcher matcher = START.matcher(query);
    if (!matcher.matches()) {
      if (!query.toUpperCase(Locale.ROOT).contains("LOGICAL")) {
        throw unsupported("physical replication");
      }
      throw syntaxError();
    }
    Map<String, String> options = options(matcher.group(3) == null ? "" : matcher.group(3));
    if (!options.containsKey("proto_version")) {
      throw new ReplicationException("22023", "proto_version option missing");
    }
    if (!options.getOrDefault("proto_version", "").matches("[1-4]")) {
      throw new ReplicationException("22023", "invalid proto_version");
    }
    Set<String> publications = publications(options.getOrDefault("publication_names", ""));
    if (publications.isEmpty()) {
      throw new ReplicationException("22023", "publication_names parameter missing");
    }
    return new StartReplication(
        name(matcher.group(1)),
        Lsn.parse(matcher.group(2)),
        publications,
        isOn(options.getOrDefault("messages", "false")));
  }

  private static Map<String, String> options(String text) throws ReplicationException {
    Map<String, String> options = new LinkedHashMap<>();
    Matcher matcher = OPTION.matcher(text);
    int position = 0;
    while (position < text.length() && !text.substring(position).isBlank()) {
      if (!matcher.find(position) || matcher.start() != position) {
        throw syntaxError();
      }
      String value = matcher.group(2) != null ? matcher.group(2) : matcher.group(3);
      options.put(name(matcher.group(1)), value == null ? "true" : value.replace("''", "'"));
      position = matcher.end();
    }
    return options;
  }

  /** A list of identifiers, as SplitIdentifierString() (utils/adt/varlena.c) takes it apart. */
  private static Set<String> publications(String list) throws ReplicationException {
    Set<String> names = new LinkedHashSet<>();
    Matcher matcher =
        Pattern.compile("\\s*(\"(?:[^\"]|\"\")+\"|[^\",\\s]+)\\s*(,|$)").matcher(list);
    int position = 0;
    while (position < list.length()) {
      if (!matcher.find(position) || matcher.start() != position) {
        throw new ReplicationException("42602", "invalid publication_names syntax");
      }
      names.add(name(matcher.group(1)));
      position = matcher.end();
    }
    return names;
  }

  private static boolean isOn(String value) {
    return Set.of("true", "on", "yes", "1", "t", "y").contains(value.toLowerCase(Locale.ROOT));
  }

  private static String name(String identifier) {
    return identifier.startsWith("\"")
        ? identifier.substring(1, identifier.length() - 1).replace("\"\"", "\"")
        : identifier.toLowerCase(Locale.ROOT);
  }

  static ReplicationException unsupported(String what) {
    return new ReplicationException(
        "0A000",
        "replication by triggers has no %s; start with --replication=decoding".formatted(what));
  }

  private static ReplicationException syntaxError() {
    return new ReplicationException("42601", "syntax error in replication command");
  }
}

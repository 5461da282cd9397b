package dev.zerolite.replication.triggers;

import dev.zerolite.replication.triggers.ReplicationGrammar.Command;
import dev.zerolite.replication.triggers.ReplicationGrammar.Option;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the commands of "Streaming Replication Protocol" in PostgreSQL's manual mean, as far as
 * logical consumers use them. What is wrong with them is told as PostgreSQL does.
 */
final class ReplicationCommands {
  /** LOGICALREP_PROTO_MAX_VERSION_NUM of logicalproto.h. */
  private static final int NEWEST_PROTOCOL = 4;

  private static final Pattern PUBLICATION =
      Pattern.compile("\\s*(\"(?:[^\"]|\"\")+\"|[^\",\\s]+)\\s*(,|$)");

  private ReplicationCommands() {}

  /** What is to become of a new slot's snapshot. */
  enum Snapshot {
    EXPORT,
    USE,
    NOTHING
  }

  record Create(String slot, Snapshot snapshot) {}

  /** As parseCreateReplSlotOptions() of walsender.c. */
  static Create create(Command command) throws ReplicationException {
    Set<String> given = new HashSet<>();
    Snapshot snapshot = Snapshot.EXPORT;
    boolean twoPhase = false;
    for (Option option : command.options()) {
      String name =
          option.name().endsWith("export_snapshot") || option.name().equals("use_snapshot")
              ? "snapshot"
              : option.name();
      boolean fits = name.equals("reserve_wal") != command.logical();
      if (Set.of("snapshot", "reserve_wal", "two_phase", "failover").contains(name)
          && (!given.add(name) || !fits)) {
        throw redundant();
      }
      switch (name) {
        case "snapshot" -> snapshot = snapshot(option);
        case "two_phase" -> twoPhase = isOn(option);
        case "reserve_wal", "failover" -> isOn(option);
        default -> throw new ReplicationException("XX000", "unrecognized option: " + option.name());
      }
    }
    if (command.temporary()) {
      throw unsupported("temporary slots");
    }
    if (!command.logical()) {
      throw unsupported("physical replication");
    }
    if (!command.plugin().equals("pgoutput")) {
      throw unsupported("output plugins other than pgoutput");
    }
    if (twoPhase) {
      throw unsupported("two-phase slots");
    }
    return new Create(command.slot(), snapshot);
  }

  private static Snapshot snapshot(Option option) throws ReplicationException {
    return switch (option.name()) {
      case "export_snapshot" -> Snapshot.EXPORT;
      case "noexport_snapshot" -> Snapshot.NOTHING;
      case "use_snapshot" -> Snapshot.USE;
      default -> {
        if (option.value() == null) {
          throw new ReplicationException("42601", "snapshot requires a parameter");
        }
        yield switch (option.value()) {
          case "export" -> Snapshot.EXPORT;
          case "nothing" -> Snapshot.NOTHING;
          case "use" -> Snapshot.USE;
          default ->
              throw new ReplicationException(
                  "22023",
                  "unrecognized value for CREATE_REPLICATION_SLOT option \"snapshot\": \"%s\""
                      .formatted(option.value()));
        };
      }
    };
  }

  /** As parse_output_parameters() and pgoutput_startup() of pgoutput.c. */
  static StartReplication start(Command command) throws ReplicationException {
    Map<String, Option> options = new LinkedHashMap<>();
    Set<String> publications = Set.of();
    long protocol = 0;
    for (Option option : command.options()) {
      if (options.put(option.name(), option) != null) {
        throw redundant();
      }
      String value = option.value() == null ? "" : option.value();
      switch (option.name()) {
        case "proto_version" -> protocol = protocol(value);
        case "publication_names" -> publications = publications(value);
        case "binary", "messages", "two_phase" -> isOn(option);
        case "streaming" -> isStreaming(option);
        case "origin" -> {
          if (!value.equalsIgnoreCase("none") && !value.equalsIgnoreCase("any")) {
            throw new ReplicationException("22023", "unrecognized origin value: \"" + value + '"');
          }
        }
        default ->
            throw new ReplicationException(
                "XX000", "unrecognized pgoutput option: " + option.name());
      }
    }
    for (String name : new String[] {"proto_version", "publication_names"}) {
      if (!options.containsKey(name)) {
        throw new ReplicationException("22023", "option \"%s\" missing".formatted(name));
      }
    }
    requireSupported(protocol);
    requireSupported(protocol, options);
    Option messages = options.get("messages");
    return new StartReplication(
        command.slot(),
        Lsn.parse(command.position()),
        publications,
        messages != null && isOn(messages));
  }

  /** defGetStreamingMode() of subscriptioncmds.c. */
  private static boolean isStreaming(Option option) throws ReplicationException {
    if ("parallel".equalsIgnoreCase(option.value())) {
      return true;
    }
    try {
      return isOn(option);
    } catch (ReplicationException e) {
      throw new ReplicationException("42601", "streaming requires a Boolean value or \"parallel\"");
    }
  }

  /** Nothing is sent before its commit, whatever is asked for, but it must be allowed to be. */
  private static void requireSupported(long protocol, Map<String, Option> options)
      throws ReplicationException {
    Option streaming = options.get("streaming");
    if (streaming != null && isStreaming(streaming)) {
      boolean parallel = "parallel".equalsIgnoreCase(streaming.value());
      requireProtocol(protocol, parallel ? 4 : 2, parallel ? "parallel streaming" : "streaming");
    }
    Option twoPhase = options.get("two_phase");
    if (twoPhase != null && isOn(twoPhase)) {
      requireProtocol(protocol, 3, "two-phase commit");
    }
  }

  /** Which version has what: logicalproto.h. */
  private static void requireProtocol(long protocol, int needed, String what)
      throws ReplicationException {
    if (protocol < needed) {
      throw new ReplicationException(
          "22023",
          "requested proto_version=%d does not support %s, need %d or higher"
              .formatted(protocol, what, needed));
    }
  }

  private static long protocol(String value) throws ReplicationException {
    if (!value.matches("\\s*[+-]?[0-9]{1,18}")) {
      throw new ReplicationException("22023", "invalid proto_version");
    }
    return Long.parseLong(value.strip());
  }

  private static void requireSupported(long protocol) throws ReplicationException {
    if (protocol < 1 || protocol > NEWEST_PROTOCOL) {
      throw new ReplicationException(
          "0A000",
          "client sent proto_version=%d but server only supports protocol %s"
              .formatted(protocol, protocol < 1 ? "1 or higher" : NEWEST_PROTOCOL + " or lower"));
    }
  }

  /** A list of identifiers, as SplitIdentifierString() (utils/adt/varlena.c) takes it apart. */
  private static Set<String> publications(String list) throws ReplicationException {
    Set<String> names = new LinkedHashSet<>();
    Matcher matcher = PUBLICATION.matcher(list);
    int position = 0;
    boolean more = !list.isBlank();
    while (more) {
      if (!matcher.find(position) || matcher.start() != position) {
        throw new ReplicationException("42602", "invalid publication_names syntax");
      }
      names.add(name(matcher.group(1)));
      position = matcher.end();
      more = matcher.group(2).equals(",");
    }
    return names;
  }

  private static String name(String identifier) {
    return identifier.startsWith("\"")
        ? identifier.substring(1, identifier.length() - 1).replace("\"\"", "\"")
        : identifier.toLowerCase(Locale.ROOT);
  }

  /** As defGetBoolean() of define.c. */
  private static boolean isOn(Option option) throws ReplicationException {
    String value = option.value() == null ? "true" : option.value().toLowerCase(Locale.ROOT);
    return switch (value) {
      case "true", "on", "1" -> true;
      case "false", "off", "0" -> false;
      default ->
          throw new ReplicationException("42601", option.name() + " requires a Boolean value");
    };
  }

  private static ReplicationException redundant() {
    return new ReplicationException("42601", "conflicting or redundant options");
  }

  static ReplicationException unsupported(String what) {
    return new ReplicationException(
        "0A000",
        "replication by triggers has no %s; start with --replication=decoding".formatted(what));
  }
}

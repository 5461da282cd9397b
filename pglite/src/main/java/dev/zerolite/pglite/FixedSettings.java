package dev.zerolite.pglite;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** PostgreSQL settings that a cluster inside a JVM cannot leave to its user, and why. */
final class FixedSettings {
  private static final String NO_WORKERS =
      "there are no background workers: one process runs at a time";
  private static final String HOST_OWNS_SOCKETS =
      "the JVM listens, not PostgreSQL; say it where the server is started";
  private static final String HOST_OWNS_FILES = "the JVM decides where PostgreSQL's files are";
  private static final String HOST_OWNS_MEMORY = "shared memory is the JVM's";
  private static final String HOST_OWNS_LOG = "the JVM's log is PostgreSQL's";

  /** Values of the settings about workers that say what is the case anyway. */
  private static final Set<String> NONE = Set.of("0", "off", "false", "sync");

  private static final Map<String, String> REASONS = reasons();

  private FixedSettings() {}

  private static Map<String, String> reasons() {
    Map<String, String> reasons = new HashMap<>();
    put(
        reasons,
        NO_WORKERS,
        "io_method",
        "max_worker_processes",
        "max_parallel_workers",
        "max_parallel_workers_per_gather",
        "max_parallel_maintenance_workers",
        "archive_mode",
        "summarize_wal");
    put(
        reasons,
        HOST_OWNS_SOCKETS,
        "listen_addresses",
        "port",
        "unix_socket_directories",
        "ssl",
        "ssl_cert_file",
        "ssl_key_file");
    put(
        reasons,
        HOST_OWNS_FILES,
        "data_directory",
        "config_file",
        "hba_file",
        "ident_file",
        "external_pid_file");
    put(
        reasons,
        HOST_OWNS_MEMORY,
        "shared_memory_type",
        "dynamic_shared_memory_type",
        "huge_pages");
    put(reasons, HOST_OWNS_LOG, "log_destination", "logging_collector", "log_line_prefix");
    return Map.copyOf(reasons);
  }

  private static void put(Map<String, String> reasons, String reason, String... names) {
    for (String name : names) {
      reasons.put(name, reason);
    }
  }

  /** Whether the user cannot change it. */
  static boolean isFixed(String setting) {
    return REASONS.containsKey(setting.toLowerCase(Locale.ROOT));
  }

  /**
   * @throws IllegalArgumentException if the user cannot set it to that value; the message says why
   */
  static void requireFree(String setting, String value) {
    String reason = REASONS.get(setting.toLowerCase(Locale.ROOT));
    boolean asItIs = NO_WORKERS.equals(reason) && NONE.contains(value.toLowerCase(Locale.ROOT));
    if (reason != null && !asItIs) {
      throw new IllegalArgumentException(
          "the PostgreSQL setting %s cannot be changed here: %s".formatted(setting, reason));
    }
  }
}

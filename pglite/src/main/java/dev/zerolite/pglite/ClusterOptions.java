package dev.zerolite.pglite;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How to start a {@link Cluster}.
 *
 * @param name for thread names and the log
 * @param superuser name of the bootstrap superuser
 * @param settings PostgreSQL settings, as {@code postgres -c name=value}; they win over the
 *     cluster's own defaults
 */
public record ClusterOptions(String name, String superuser, Map<String, String> settings) {
  public ClusterOptions {
    requireNonNull(name);
    if (superuser.isEmpty()) {
      throw new IllegalArgumentException("the superuser's name is empty");
    }
    settings = Map.copyOf(settings);
  }

  /** An in-memory cluster with the superuser {@code postgres}. */
  public static ClusterOptions inMemory() {
    return new ClusterOptions("main", "postgres", Map.of());
  }

  public ClusterOptions withName(String newName) {
    return new ClusterOptions(newName, superuser, settings);
  }

  public ClusterOptions withSuperuser(String newSuperuser) {
    return new ClusterOptions(name, newSuperuser, settings);
  }

  public ClusterOptions withSetting(String setting, String value) {
    Map<String, String> more = new LinkedHashMap<>(settings);
    more.put(setting, value);
    return new ClusterOptions(name, superuser, more);
  }
}

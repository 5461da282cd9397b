package dev.zerolite.pglite;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.function.FunctionLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How to start a {@link Cluster}.
 *
 * @param name for thread names and the log
 * @param superuser name of the bootstrap superuser
 * @param password that superuser's password, set at each start; left as it is if absent
 * @param databases created at the start if they are not there
 * @param authentication how clients on TCP connections prove who they are
 * @param dataDirectory where the cluster's files are kept; in memory if absent
 * @param settings PostgreSQL settings, as {@code postgres -c name=value}; they win over the
 *     cluster's own defaults
 * @param functions SQL functions written in Java
 */
public record ClusterOptions(
    String name,
    String superuser,
    Optional<String> password,
    List<String> databases,
    Authentication authentication,
    Optional<Path> dataDirectory,
    Map<String, String> settings,
    List<FunctionLibrary> functions) {
  public ClusterOptions {
    requireNonNull(name);
    requireNonNull(password);
    requireNonNull(authentication);
    requireNonNull(dataDirectory);
    if (superuser.isEmpty()) {
      throw new IllegalArgumentException("the superuser's name is empty");
    }
    settings.forEach(FixedSettings::requireFree);
    databases = List.copyOf(databases);
    settings = Map.copyOf(settings);
    functions = List.copyOf(functions);
  }

  /** An in-memory cluster with the superuser {@code postgres}, which trusts every client. */
  public static ClusterOptions inMemory() {
    return new ClusterOptions(
        "main",
        "postgres",
        Optional.empty(),
        List.of(),
        Authentication.TRUST,
        Optional.empty(),
        Map.of(),
        List.of());
  }

  /**
   * A cluster that keeps its files in a directory on disk, with the superuser {@code postgres},
   * which trusts every client. A directory that is empty or not there becomes a new cluster; one
   * that holds a cluster is opened.
   *
   * <p>What is committed survives a crash of the machine. The setting {@code fsync=off} gives that
   * up for speed; then it survives only the end of the process, however that ends.
   */
  public static ClusterOptions onDisk(Path dataDirectory) {
    return inMemory().withDataDirectory(dataDirectory);
  }

  public ClusterOptions withName(String newName) {
    return new ClusterOptions(
        newName,
        superuser,
        password,
        databases,
        authentication,
        dataDirectory,
        settings,
        functions);
  }

  /** Keeps the files in a directory, see {@link #onDisk}. */
  public ClusterOptions withDataDirectory(Path newDataDirectory) {
    return new ClusterOptions(
        name,
        superuser,
        password,
        databases,
        authentication,
        Optional.of(newDataDirectory),
        settings,
        functions);
  }

  public ClusterOptions withSuperuser(String newSuperuser) {
    return new ClusterOptions(
        name,
        newSuperuser,
        password,
        databases,
        authentication,
        dataDirectory,
        settings,
        functions);
  }

  public ClusterOptions withPassword(String newPassword) {
    return new ClusterOptions(
        name,
        superuser,
        Optional.of(newPassword),
        databases,
        authentication,
        dataDirectory,
        settings,
        functions);
  }

  public ClusterOptions withAuthentication(Authentication newAuthentication) {
    return new ClusterOptions(
        name,
        superuser,
        password,
        databases,
        newAuthentication,
        dataDirectory,
        settings,
        functions);
  }

  /** Adds databases, besides {@code postgres}, which there always is. */
  public ClusterOptions withDatabases(List<String> added) {
    List<String> more = new ArrayList<>(databases);
    added.stream().filter(name -> !name.equals("postgres")).forEach(more::add);
    return new ClusterOptions(
        name,
        superuser,
        password,
        more.stream().distinct().toList(),
        authentication,
        dataDirectory,
        settings,
        functions);
  }

  ClusterForm form() {
    return new ClusterForm(superuser, password, databases);
  }

  /**
   * Adds a setting.
   *
   * @throws IllegalArgumentException if it is one of those that the JVM decides, like {@code port}
   */
  public ClusterOptions withSetting(String setting, String value) {
    return withSettings(Map.of(setting, value));
  }

  /**
   * Adds settings.
   *
   * @throws IllegalArgumentException as {@link #withSetting}
   */
  public ClusterOptions withSettings(Map<String, String> added) {
    Map<String, String> more = new LinkedHashMap<>(settings);
    more.putAll(added);
    return new ClusterOptions(
        name, superuser, password, databases, authentication, dataDirectory, more, functions);
  }

  /** Adds a library of functions; its declarations are still to be run in a database. */
  public ClusterOptions withFunctions(FunctionLibrary library) {
    List<FunctionLibrary> more = new ArrayList<>(functions);
    more.add(library);
    return new ClusterOptions(
        name, superuser, password, databases, authentication, dataDirectory, settings, more);
  }
}

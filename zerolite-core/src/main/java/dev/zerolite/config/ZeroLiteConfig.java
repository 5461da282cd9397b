package dev.zerolite.config;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.Authentication;
import dev.zerolite.pglite.ClusterOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that one {@code ZeroLite} needs to know, checked when built.
 *
 * @param appDirectory the app: its {@code node_modules}, migrations and {@code .zerolite}
 * @param postgresPort the PostgreSQL port on 127.0.0.1; 0 takes any free one
 * @param listen other addresses of this machine that the PostgreSQL port is on, too
 * @param authentication how clients prove who they are
 * @param tls whether clients may use TLS, and with which certificate
 * @param zeroCachePort zero-cache's port, which uses the next one too; 0 takes any free pair
 * @param user the role that clients log in as
 * @param password its password
 * @param database the app's database, created if it is missing
 * @param migrations a directory of {@code *.sql} files, applied in the order of their names
 * @param seed a file of SQL that runs once, after the migrations
 * @param dataDirectory where the databases are kept; in memory if absent
 * @param fsync whether what is committed survives a crash of the machine; without it, it survives
 *     the end of zerolite, however that ends
 * @param postgresSettings PostgreSQL's own settings, as {@code postgres -c name=value}
 * @param replication how replication connections get the changes
 * @param runZeroCache false leaves zero-cache to somebody else
 * @param zeroCacheEnvironment variables for zero-cache, stronger than zerolite's own
 * @param s3 the S3 endpoint, if there is to be one
 * @param app the app's server, if zerolite is to run it
 */
public record ZeroLiteConfig(
    Path appDirectory,
    int postgresPort,
    List<String> listen,
    Authentication authentication,
    Optional<TlsConfig> tls,
    int zeroCachePort,
    String user,
    String password,
    String database,
    Optional<Path> migrations,
    Optional<Path> seed,
    Optional<Path> dataDirectory,
    boolean fsync,
    Map<String, String> postgresSettings,
    ReplicationMode replication,
    boolean runZeroCache,
    Map<String, String> zeroCacheEnvironment,
    Optional<S3Config> s3,
    Optional<AppCommand> app) {

  /** What {@code psql} and zero-cache connect to when nothing else is said. */
  public static final int DEFAULT_POSTGRES_PORT = 6434;

  /** Where browsers find zero-cache when nothing else is said. */
  public static final int DEFAULT_ZERO_CACHE_PORT = 5849;

  /** Where the databases are kept when nothing else is said, in the app's directory. */
  public static final Path DEFAULT_DATA_DIRECTORY = Path.of(".zerolite", "postgres");

  // CREATE DATABASE truncates longer names silently: NAMEDATALEN - 1, pg_config_manual.h.
  private static final int LONGEST_NAME = 63;

  public ZeroLiteConfig {
    requireNonNull(appDirectory);
    requireNonNull(password);
    requireNonNull(migrations);
    requireNonNull(seed);
    requireNonNull(dataDirectory);
    requireNonNull(replication);
    requireNonNull(s3);
    requireNonNull(app);
    listen = List.copyOf(listen);
    requireNonNull(authentication);
    if (authentication == Authentication.TRUST && !listen.isEmpty()) {
      throw new IllegalArgumentException(
          "auth: with trust everyone who reaches %s would be superuser; use scram-sha-256, or do not listen there"
              .formatted(String.join(", ", listen)));
    }
    if (password.isEmpty() && authentication != Authentication.TRUST) {
      throw new IllegalArgumentException(
          "password: it is empty, and PostgreSQL lets nobody log in with that; name one, or use auth: trust");
    }
    requireNonNull(tls);
    postgresSettings = Map.copyOf(postgresSettings);
    // so that a mistake is told before anything starts
    ClusterOptions.inMemory().withSettings(postgresSettings);
    zeroCacheEnvironment = Map.copyOf(zeroCacheEnvironment);
    requirePort("pg-port", postgresPort, 65_535);
    requirePort("zero-port", zeroCachePort, 65_534);
    requireName("user", user);
    requireName("database", database);
    if (database.equals("zero_cvr") || database.equals("zero_cdb")) {
      throw new IllegalArgumentException(
          "database: " + database + " is zero-cache's own, choose another name");
    }
    if (runZeroCache && postgresPort != 0 && zeroCachePort != 0) {
      if (postgresPort == zeroCachePort || postgresPort == zeroCachePort + 1) {
        throw new IllegalArgumentException(
            "pg-port %d collides with zero-cache, which uses %d and %d"
                .formatted(postgresPort, zeroCachePort, zeroCachePort + 1));
      }
    }
    if (dataDirectory.isPresent()) {
      requireOwnPlace(appDirectory, dataDirectory.get(), s3.flatMap(S3Config::directory));
    }
    int s3Port = s3.map(S3Config::port).orElse(0);
    if (s3Port != 0
        && (s3Port == postgresPort
            || runZeroCache && (s3Port == zeroCachePort || s3Port == zeroCachePort + 1))) {
      throw new IllegalArgumentException(
          "s3-port %d collides with PostgreSQL or zero-cache, choose another".formatted(s3Port));
    }
  }

  /** The directory is all PostgreSQL's: nothing else is in it, and it is in nothing else. */
  private static void requireOwnPlace(Path app, Path data, Optional<Path> s3) {
    if (app.startsWith(data)) {
      throw new IllegalArgumentException(
          "data-dir: %s holds the app; name a directory for the database alone".formatted(data));
    }
    for (var other : s3.map(List::of).orElse(List.of())) {
      if (other.startsWith(data) || data.startsWith(other)) {
        throw new IllegalArgumentException(
            "data-dir: %s and s3.directory %s must not lie in each other".formatted(data, other));
      }
    }
  }

  /**
   * zero-cache's replica of a database that is kept: beside it, since it is worth nothing without.
   */
  public Optional<Path> replicaFile() {
    return dataDirectory.map(
        directory -> directory.resolveSibling(directory.getFileName() + "-replica.db"));
  }

  private static void requirePort(String key, int port, int highest) {
    if (port < 0 || port > highest) {
      throw new IllegalArgumentException(
          "%s: %d is not a port, use 1 to %d (or 0 for any free one)"
              .formatted(key, port, highest));
    }
  }

  private static void requireName(String key, String name) {
    if (requireNonNull(name).isEmpty() || name.length() > LONGEST_NAME || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "%s: a name has 1 to %d characters".formatted(key, LONGEST_NAME));
    }
  }

  /** Starts from the defaults for an app; its {@code zerolite.yaml} is not read. */
  public static Builder builder(Path appDirectory) {
    return new Builder(appDirectory);
  }

  /** Settings that are still being gathered; the last word on each wins. */
  public static final class Builder {
    private final Path appDirectory;
    private int postgresPort = DEFAULT_POSTGRES_PORT;
    private List<String> listen = List.of();
    private Authentication authentication = Authentication.SCRAM_SHA_256;
    private Optional<TlsConfig> tls = Optional.empty();
    private int zeroCachePort = DEFAULT_ZERO_CACHE_PORT;
    private String user = "user";
    private String password = "password";
    private String database = "postgres";
    private Optional<Path> migrations;
    private Optional<Path> seed;
    private Optional<Path> dataDirectory;
    private boolean fsync = true;
    private final Map<String, String> postgresSettings = new LinkedHashMap<>();
    private ReplicationMode replication = ReplicationMode.AUTO;
    private boolean runZeroCache = true;
    private Map<String, String> zeroCacheEnvironment = Map.of();
    private final S3Config.Builder s3;
    private boolean runS3 = true;
    private Optional<AppCommand> app = Optional.empty();

    private Builder(Path appDirectory) {
      this.appDirectory = appDirectory.toAbsolutePath().normalize();
      this.s3 = S3Config.builder(this.appDirectory);
      dataDirectory(DEFAULT_DATA_DIRECTORY);
      this.migrations =
          Optional.of(this.appDirectory.resolve("db/migrations"))
              .filter(Files::isDirectory)
              .or(() -> Optional.of(this.appDirectory.resolve("migrations")))
              .filter(Files::isDirectory);
      this.seed =
          Optional.of(this.appDirectory.resolve("db/seed.sql")).filter(Files::isRegularFile);
    }

    /** The PostgreSQL port on 127.0.0.1; 0 takes any free one. */
    public Builder postgresPort(int port) {
      this.postgresPort = port;
      return this;
    }

    /** Addresses besides loopback on which PostgreSQL is reachable; {@code 0.0.0.0} is all. */
    public Builder listen(List<String> addresses) {
      this.listen = addresses;
      return this;
    }

    /**
     * How clients prove who they are; {@link Authentication#TRUST} only where no other machine can
     * connect.
     */
    public Builder authentication(Authentication method) {
      this.authentication = method;
      return this;
    }

    /** TLS for clients that ask for it, with a certificate made for this machine. */
    public Builder tls() {
      this.tls = Optional.of(new TlsConfig.SelfSigned(appDirectory.resolve(".zerolite/tls")));
      return this;
    }

    /** TLS for clients that ask for it; files in PEM format, relative to the app's directory. */
    public Builder tls(Path certificate, Path key) {
      this.tls =
          Optional.of(
              new TlsConfig.Given(appDirectory.resolve(certificate), appDirectory.resolve(key)));
      return this;
    }

    /** zero-cache's port, which uses the next one too; 0 takes any free pair. */
    public Builder zeroCachePort(int port) {
      this.zeroCachePort = port;
      return this;
    }

    /** The role that clients log in as. */
    public Builder user(String name) {
      this.user = name;
      return this;
    }

    /** The password of {@link #user}. */
    public Builder password(String secret) {
      this.password = secret;
      return this;
    }

    /** The app's database. */
    public Builder database(String name) {
      this.database = name;
      return this;
    }

    /** A directory of {@code *.sql} files; relative to the app's directory. */
    public Builder migrations(Path directory) {
      this.migrations = Optional.of(appDirectory.resolve(directory));
      return this;
    }

    /** A file of SQL that runs once; relative to the app's directory. */
    public Builder seed(Path file) {
      this.seed = Optional.of(appDirectory.resolve(file));
      return this;
    }

    /** Where the databases are kept; relative to the app's directory. */
    public Builder dataDirectory(Path directory) {
      this.dataDirectory = Optional.of(appDirectory.resolve(directory).normalize());
      return this;
    }

    /** Keeps the databases in memory: each start begins with empty ones. */
    public Builder ephemeral() {
      this.dataDirectory = Optional.empty();
      return this;
    }

    /** Whether what is committed survives a crash of the machine, too. */
    public Builder fsync(boolean force) {
      this.fsync = force;
      return this;
    }

    /** One of PostgreSQL's own settings, like {@code work_mem}; a later one of that name wins. */
    public Builder postgresSetting(String name, String value) {
      postgresSettings.put(name, value);
      return this;
    }

    /** How replication connections, zero-cache's among them, get the changes. */
    public Builder replication(ReplicationMode mode) {
      this.replication = mode;
      return this;
    }

    /** Whether zero-cache is run at all. */
    public Builder runZeroCache(boolean run) {
      this.runZeroCache = run;
      return this;
    }

    /** Variables for zero-cache, stronger than zerolite's own. */
    public Builder zeroCacheEnvironment(Map<String, String> variables) {
      this.zeroCacheEnvironment = variables;
      return this;
    }

    /** Whether there is an S3 endpoint. */
    public Builder runS3(boolean run) {
      this.runS3 = run;
      return this;
    }

    /** The S3 endpoint's own settings. */
    public S3Config.Builder s3() {
      return s3;
    }

    /** The app's server. */
    public Builder app(AppCommand command) {
      this.app = Optional.of(command);
      return this;
    }

    /**
     * Checks and freezes what was gathered.
     *
     * @throws ConfigException if a setting is impossible or names a file that is not there
     */
    public ZeroLiteConfig build() throws ConfigException {
      if (!Files.isDirectory(appDirectory)) {
        throw new ConfigException("the app's directory does not exist: " + appDirectory);
      }
      if (migrations.isPresent() && !Files.isDirectory(migrations.get())) {
        throw new ConfigException("migrations: no such directory: " + migrations.get());
      }
      if (seed.isPresent() && !Files.isRegularFile(seed.get())) {
        throw new ConfigException("seed: no such file: " + seed.get());
      }
      try {
        return new ZeroLiteConfig(
            appDirectory,
            postgresPort,
            listen,
            authentication,
            tls,
            zeroCachePort,
            user,
            password,
            database,
            migrations,
            seed,
            dataDirectory,
            fsync,
            postgresSettings,
            replication,
            runZeroCache,
            zeroCacheEnvironment,
            runS3 ? Optional.of(s3.build()) : Optional.empty(),
            app);
      } catch (IllegalArgumentException e) {
        throw new ConfigException(e.getMessage());
      }
    }
  }
}

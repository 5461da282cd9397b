package dev.zerolite.cli;

import dev.zerolite.ZeroLite;
import dev.zerolite.ZeroLiteException;
import dev.zerolite.cli.archive.ArchiveMaker;
import dev.zerolite.cli.log.ConsoleLog;
import dev.zerolite.config.ConfigException;
import dev.zerolite.config.ConfigFile;
import dev.zerolite.config.ReplicationMode;
import dev.zerolite.config.ZeroLiteConfig;
import dev.zerolite.pglite.Authentication;
import dev.zerolite.pglite.host.Engine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code zerolite start}. */
@Command(
    name = "start",
    description = {
      "Starts PostgreSQL 18 on a port, applies the app's migrations and seed, and runs zero-cache, an S3 endpoint and the app's server. Ctrl-C stops all of it.",
      "",
      "The database is kept in .zerolite/postgres, zero-cache's replica of it beside that, uploaded files in .zerolite/s3; the next start goes on with them. `zerolite reset` removes the database."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footerHeading = "%nExamples:%n",
    footer = {
      "  zerolite start                       the app in the current directory",
      "  zerolite start --app ../shop         another app",
      "  zerolite start --skip-zero-cache     PostgreSQL only, with migrations and seed",
      "  zerolite start --ephemeral           an empty database in memory, kept nowhere",
      "  zerolite start --pg-port 6500 --zero-port 6600 --s3-port 6700   beside another zerolite",
      "",
      "  psql postgresql://user:password@127.0.0.1:6434/postgres",
      "",
      "An app may say more in zerolite.yaml; flags win over it, and unknown keys are refused:",
      "",
      "  pg-port: 6434                  # also: zero-port, user, password, database",
      "  listen: [192.168.1.5]          # also: auth, tls, tls-cert, tls-key",
      "  migrations: db/migrations      # *.sql, applied in the order of their names",
      "  seed: db/seed.sql              # runs once, after the migrations",
      "  data-dir: .zerolite/postgres   # or: ephemeral: true; fsync: false",
      "  postgres:                      # PostgreSQL's own settings",
      "    shared_preload_libraries: pg_stat_statements",
      "    max_connections: 50          # more get the error 53300; each takes 10 MB. Default: 100",
      "  zero-cache:",
      "    env:                         # any ZERO_… variable",
      "      ZERO_QUERY_URL: http://localhost:3000/api/query",
      "      ZERO_MUTATE_URL: http://localhost:3000/api/mutate",
      "  s3:",
      "    port: 10201                  # also: run, host, access-key, secret-key, anonymous,",
      "    buckets: [uploads]           #   cors-origins, directory, in-memory",
      "    public-buckets: [avatars]    # readable without a signature",
      "  app:                           # the app's own server",
      "    command: node server.js      # gets DATABASE_URL, ZERO_CACHE_URL, S3_… and PORT",
      "    port: 3000                   # start waits until it listens",
      ""
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:after --help and --version",
      "1:an error that should not happen",
      "2:a flag or zerolite.yaml is wrong",
      "3:a program such as Node.js is missing, or a file cannot be written",
      "4:a port is in use",
      "5:PostgreSQL did not start, or failed for good",
      "6:a migration or the seed failed",
      "7:zero-cache did not start, or failed for good",
      "8:the app's server did not start",
      "130:stopped by Ctrl-C",
      "143:stopped by SIGTERM"
    })
final class StartCommand implements Callable<Integer> {
  @Option(
      names = "--app",
      paramLabel = "DIR",
      description = "The app's directory. Default: the current one.")
  private Path app;

  @Option(
      names = "--pg-port",
      paramLabel = "PORT",
      description = "PostgreSQL's port on 127.0.0.1. Default: 6434.")
  private Integer pgPort;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS",
      split = ",",
      description =
          "Put PostgreSQL on this address of the machine, too; 0.0.0.0 is all. Default: loopback only.")
  private List<String> listen;

  @Option(
      names = "--auth",
      paramLabel = "METHOD",
      description =
          "How clients prove who they are: scram-sha-256, md5, password or trust (no password; loopback only). Default: scram-sha-256.")
  private String auth;

  @Option(
      names = "--tls",
      description = "Let clients use TLS, with a certificate that is made in .zerolite/tls.")
  private boolean tls;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Let clients use TLS, with this certificate (PEM).")
  private Path tlsCert;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "Its key (PEM, PKCS #8).")
  private Path tlsKey;

  @Option(
      names = "--zero-port",
      paramLabel = "PORT",
      description = "zero-cache's port; it takes the next one too. Default: 5849.")
  private Integer zeroPort;

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description = "The role to log in as, a superuser. Default: user.")
  private String user;

  @Option(
      names = "--password",
      paramLabel = "PASSWORD",
      description = "Its password. Default: password.")
  private String password;

  @Option(
      names = "--database",
      paramLabel = "NAME",
      description = "The app's database. Default: postgres.")
  private String database;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Where the database is kept. Default: .zerolite/postgres in the app.")
  private Path dataDirectory;

  @Option(
      names = "--ephemeral",
      description = "Keep the database in memory: each start begins with an empty one.")
  private boolean ephemeral;

  @Option(
      names = "--no-fsync",
      description =
          "Do not wait for the disk. Faster; a crash of the machine (not of zerolite) may destroy the database.")
  private boolean noFsync;

  @Option(
      names = "-c",
      paramLabel = "NAME=VALUE",
      description = "A setting of PostgreSQL's, as for postgres -c; may be repeated.")
  private Map<String, String> postgresSettings = Map.of();

  @Option(
      names = "--replication",
      paramLabel = "HOW",
      description =
          "How zero-cache gets changes: by decoding the WAL, by triggers, or auto: decoding unless it fails its test at the start. Default: auto.")
  private String replication;

  @Option(
      names = "--skip-zero-cache",
      description = "Do not run zero-cache, nor need Node.js for it.")
  private boolean skipZeroCache;

  @Option(
      names = "--s3-port",
      paramLabel = "PORT",
      description = "The S3 endpoint's port on 127.0.0.1. Default: 10201.")
  private Integer s3Port;

  @Option(names = "--no-s3", description = "No S3 endpoint.")
  private boolean noS3;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log more of what zerolite does.")
  private boolean verbose;

  private final Terminal terminal;
  private final Supplier<Engine> engine;

  StartCommand(Terminal terminal, Supplier<Engine> engine) {
    this.terminal = terminal;
    this.engine = engine;
  }

  @Override
  public Integer call() {
    if (verbose) {
      ConsoleLog.showDebug();
    }
    var signal = StopSignal.toThisThread();
    try {
      return runUntilStopped();
    } finally {
      signal.allIsStopped();
    }
  }

  private int runUntilStopped() {
    try {
      var config = config();
      if (config.runZeroCache()) {
        CompilerPriority.lower();
      }
      return run(config);
    } catch (ConfigException e) {
      return failure(ExitCode.USAGE, e.getMessage());
    }
  }

  private int run(ZeroLiteConfig config) {
    try (var zerolite = ZeroLite.start(config, engine)) {
      System.out.print(Banner.of(zerolite, terminal));
      System.out.flush();
      var archive = ArchiveMaker.start();
      try {
        var failed = zerolite.failure().get();
        return failure(ExitCode.of(failed.reason()), failed.message());
      } finally {
        archive.stop();
      }
    } catch (ZeroLiteException e) {
      return failure(ExitCode.of(e.reason()), e.getMessage());
    } catch (InterruptedException e) {
      return ExitCode.OK; // the signal's own code is what the JVM exits with
    } catch (ExecutionException e) {
      throw new IllegalStateException("failures are told, not thrown", e);
    }
  }

  private ZeroLiteConfig config() throws ConfigException {
    var directory = AppChoice.choose(Optional.ofNullable(app), Path.of("").toAbsolutePath());
    var config = ConfigFile.load(directory);
    Optional.ofNullable(pgPort).ifPresent(config::postgresPort);
    Optional.ofNullable(listen).ifPresent(config::listen);
    if (auth != null) {
      try {
        config.authentication(Authentication.of(auth));
      } catch (IllegalArgumentException e) {
        throw new ConfigException("--auth: " + e.getMessage());
      }
    }
    if (tlsCert == null != (tlsKey == null)) {
      throw new ConfigException("--tls-cert and --tls-key belong together");
    }
    if (tlsCert != null) {
      config.tls(tlsCert.toAbsolutePath(), tlsKey.toAbsolutePath());
    } else if (tls) {
      config.tls();
    }
    Optional.ofNullable(zeroPort).ifPresent(config::zeroCachePort);
    Optional.ofNullable(user).ifPresent(config::user);
    Optional.ofNullable(password).ifPresent(config::password);
    Optional.ofNullable(database).ifPresent(config::database);
    Optional.ofNullable(s3Port).ifPresent(config.s3()::port);
    if (ephemeral && dataDirectory != null) {
      throw new ConfigException("--ephemeral and --data-dir exclude each other");
    }
    Optional.ofNullable(dataDirectory).map(Path::toAbsolutePath).ifPresent(config::dataDirectory);
    if (ephemeral) {
      config.ephemeral();
    }
    if (noFsync) {
      config.fsync(false);
    }
    postgresSettings.forEach(config::postgresSetting);
    if (replication != null) {
      config.replication(ReplicationMode.parse(replication));
    }
    if (noS3) {
      config.runS3(false);
    }
    if (skipZeroCache) {
      config.runZeroCache(false);
    }
    return config.build();
  }

  private int failure(int exitCode, String message) {
    System.err.println(terminal.red("zerolite: ") + message);
    return exitCode;
  }
}

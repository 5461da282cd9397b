package dev.zerolite.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.zerolite.pglite.Authentication;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Reads an app's {@code zerolite.yaml}. */
public final class ConfigFile {
  /** The file's name, in the app's directory. */
  public static final String NAME = "zerolite.yaml";

  // The file's keys are the command's flags, so that a user learns them once.
  private record Settings(
      @JsonProperty("pg-port") Integer pgPort,
      @JsonProperty("listen") List<String> listen,
      @JsonProperty("auth") String auth,
      @JsonProperty("tls") Boolean tls,
      @JsonProperty("tls-cert") String tlsCert,
      @JsonProperty("tls-key") String tlsKey,
      @JsonProperty("zero-port") Integer zeroPort,
      @JsonProperty("user") String user,
      @JsonProperty("password") String password,
      @JsonProperty("database") String database,
      @JsonProperty("migrations") String migrations,
      @JsonProperty("seed") String seed,
      @JsonProperty("data-dir") String dataDirectory,
      @JsonProperty("ephemeral") Boolean ephemeral,
      @JsonProperty("fsync") Boolean fsync,
      @JsonProperty("postgres") Map<String, Object> postgres,
      @JsonProperty("replication") String replication,
      @JsonProperty("zero-cache") ZeroCacheSettings zeroCache,
      @JsonProperty("s3") S3Settings s3,
      @JsonProperty("app") AppSettings app) {}

  private record ZeroCacheSettings(
      @JsonProperty("run") Boolean run, @JsonProperty("env") Map<String, String> env) {}

  private record S3Settings(
      @JsonProperty("run") Boolean run,
      @JsonProperty("port") Integer port,
      @JsonProperty("host") String host,
      @JsonProperty("access-key") String accessKey,
      @JsonProperty("secret-key") String secretKey,
      @JsonProperty("anonymous") Boolean anonymous,
      @JsonProperty("buckets") List<String> buckets,
      @JsonProperty("public-buckets") List<String> publicBuckets,
      @JsonProperty("cors-origins") List<String> corsOrigins,
      @JsonProperty("directory") String directory,
      @JsonProperty("in-memory") Boolean inMemory) {}

  private record AppSettings(
      @JsonProperty("command") String command,
      @JsonProperty("port") Integer port,
      @JsonProperty("url") String url,
      @JsonProperty("env") Map<String, String> env) {}

  private ConfigFile() {}

  /**
   * The defaults for an app, overlaid with its {@code zerolite.yaml} if there is one.
   *
   * @throws ConfigException if the file cannot be read or has unknown keys; with file and line
   */
  public static ZeroLiteConfig.Builder load(Path appDirectory) throws ConfigException {
    var builder = ZeroLiteConfig.builder(appDirectory);
    var file = appDirectory.resolve(NAME);
    if (Files.isRegularFile(file)) {
      overlay(builder, file, read(file));
    }
    return builder;
  }

  private static Settings read(Path file) throws ConfigException {
    try {
      var text = Files.readString(file, StandardCharsets.UTF_8);
      var settings = mapper().readValue(text, Settings.class);
      return settings != null ? settings : empty();
    } catch (UnrecognizedPropertyException e) {
      throw new ConfigException(
          "%s: unknown key '%s'; known keys here: %s"
              .formatted(
                  placeOfKey(file, e),
                  e.getPropertyName(),
                  e.getKnownPropertyIds().stream()
                      .map(Object::toString)
                      .sorted()
                      .collect(Collectors.joining(", "))));
    } catch (MismatchedInputException e) {
      if (e.getLocation() == null || e.getPath().isEmpty() && isEmpty(file)) {
        return empty();
      }
      throw new ConfigException(
          "%s: '%s' cannot be read as %s"
              .formatted(place(file, e.getLocation()), keyOf(e), kindOf(e.getTargetType())));
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          "%s: not valid YAML: %s".formatted(place(file, e.getLocation()), firstLineOf(e)));
    } catch (IOException e) {
      throw new ConfigException("%s cannot be read: %s".formatted(file, e.getMessage()));
    }
  }

  private static ObjectMapper mapper() {
    return YAMLMapper.builder(
            YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .build();
  }

  private static Settings empty() {
    return new Settings(
        null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null, null, null);
  }

  /** A file that holds only comments is as good as none. */
  private static boolean isEmpty(Path file) {
    try (var lines = Files.lines(file, StandardCharsets.UTF_8)) {
      return lines.map(String::strip).allMatch(line -> line.isEmpty() || line.startsWith("#"));
    } catch (IOException e) {
      return false;
    }
  }

  private static void overlay(ZeroLiteConfig.Builder builder, Path file, Settings settings)
      throws ConfigException {
    Optional.ofNullable(settings.pgPort()).ifPresent(builder::postgresPort);
    Optional.ofNullable(settings.listen()).ifPresent(builder::listen);
    if (settings.auth() != null) {
      try {
        builder.authentication(Authentication.of(settings.auth()));
      } catch (IllegalArgumentException e) {
        throw new ConfigException("%s: auth: %s".formatted(file, e.getMessage()));
      }
    }
    overlayTls(builder, file, settings);
    Optional.ofNullable(settings.zeroPort()).ifPresent(builder::zeroCachePort);
    Optional.ofNullable(settings.user()).ifPresent(builder::user);
    Optional.ofNullable(settings.password()).ifPresent(builder::password);
    Optional.ofNullable(settings.database()).ifPresent(builder::database);
    Optional.ofNullable(settings.migrations()).map(Path::of).ifPresent(builder::migrations);
    Optional.ofNullable(settings.seed()).map(Path::of).ifPresent(builder::seed);
    Optional.ofNullable(settings.dataDirectory()).map(Path::of).ifPresent(builder::dataDirectory);
    if (Boolean.TRUE.equals(settings.ephemeral())) {
      if (settings.dataDirectory() != null) {
        throw new ConfigException(file + ": data-dir and ephemeral exclude each other");
      }
      builder.ephemeral();
    }
    Optional.ofNullable(settings.fsync()).ifPresent(builder::fsync);
    if (settings.postgres() != null) {
      overlayPostgres(builder, file, settings.postgres());
    }
    if (settings.replication() != null) {
      try {
        builder.replication(ReplicationMode.parse(settings.replication()));
      } catch (ConfigException e) {
        throw new ConfigException(file + ": " + e.getMessage());
      }
    }
    var zeroCache = settings.zeroCache();
    if (zeroCache != null) {
      Optional.ofNullable(zeroCache.run()).ifPresent(builder::runZeroCache);
      Optional.ofNullable(zeroCache.env()).ifPresent(builder::zeroCacheEnvironment);
    }
    if (settings.s3() != null) {
      overlayS3(builder, settings.s3());
    }
    var app = settings.app();
    if (app != null) {
      if (app.command() == null || app.command().isBlank()) {
        throw new ConfigException(
            file + ": app needs a command, for instance `command: node server.js`");
      }
      builder.app(
          new AppCommand(
              app.command(),
              app.port() == null ? OptionalInt.empty() : OptionalInt.of(app.port()),
              Optional.ofNullable(app.url()),
              app.env() == null ? Map.of() : app.env()));
    }
  }

  /** Values may be numbers or booleans, too: PostgreSQL reads them all as text. */
  private static void overlayPostgres(
      ZeroLiteConfig.Builder builder, Path file, Map<String, Object> settings)
      throws ConfigException {
    for (var setting : settings.entrySet()) {
      var value = setting.getValue();
      if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
        throw new ConfigException(
            "%s: postgres: %s needs one value, for instance `work_mem: 16MB`"
                .formatted(file, setting.getKey()));
      }
      builder.postgresSetting(setting.getKey(), value.toString());
    }
  }

  private static void overlayTls(ZeroLiteConfig.Builder builder, Path file, Settings settings)
      throws ConfigException {
    if (settings.tlsCert() == null != (settings.tlsKey() == null)) {
      throw new ConfigException(file + ": tls-cert and tls-key belong together");
    }
    if (settings.tlsCert() != null && !Boolean.FALSE.equals(settings.tls())) {
      builder.tls(Path.of(settings.tlsCert()), Path.of(settings.tlsKey()));
    } else if (Boolean.TRUE.equals(settings.tls())) {
      builder.tls();
    }
  }

  private static void overlayS3(ZeroLiteConfig.Builder builder, S3Settings settings) {
    var s3 = builder.s3();
    Optional.ofNullable(settings.run()).ifPresent(builder::runS3);
    Optional.ofNullable(settings.port()).ifPresent(s3::port);
    Optional.ofNullable(settings.host()).ifPresent(s3::host);
    Optional.ofNullable(settings.accessKey()).ifPresent(s3::accessKey);
    Optional.ofNullable(settings.secretKey()).ifPresent(s3::secretKey);
    Optional.ofNullable(settings.anonymous()).ifPresent(s3::anonymous);
    Optional.ofNullable(settings.buckets()).ifPresent(s3::buckets);
    Optional.ofNullable(settings.publicBuckets()).ifPresent(s3::publicBuckets);
    Optional.ofNullable(settings.corsOrigins()).ifPresent(s3::corsOrigins);
    Optional.ofNullable(settings.directory()).map(Path::of).ifPresent(s3::directory);
    Optional.ofNullable(settings.inMemory()).ifPresent(s3::inMemory);
  }

  private static String place(Path file, JsonLocation location) {
    return location == null ? file.toString() : file + ":" + location.getLineNr();
  }

  /** The parser has read on already, at most to the key's value: the key stands at or above it. */
  private static String placeOfKey(Path file, UnrecognizedPropertyException e) {
    try {
      var lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      for (int line = Math.min(e.getLocation().getLineNr(), lines.size()); line > 0; line--) {
        if (lines.get(line - 1).strip().startsWith(e.getPropertyName())) {
          return file + ":" + line;
        }
      }
    } catch (IOException unreadable) {
      // The parser's own idea is nearly as good.
    }
    return place(file, e.getLocation());
  }

  private static String keyOf(JsonMappingException e) {
    return e.getPath().stream()
        .map(JsonMappingException.Reference::getFieldName)
        .map(String::valueOf)
        .collect(Collectors.joining("."));
  }

  private static String kindOf(Class<?> type) {
    if (type == Integer.class) {
      return "a whole number";
    }
    if (type == Boolean.class) {
      return "true or false";
    }
    if (List.class.isAssignableFrom(type)) {
      return "a list, such as [one, two]";
    }
    return type == String.class ? "text" : "a group of keys";
  }

  private static String firstLineOf(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("");
  }
}

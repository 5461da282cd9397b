package dev.zerolite.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The S3 endpoint.
 *
 * @param host the address to listen on
 * @param port its port; 0 takes any free one
 * @param accessKey the one identity that requests are signed by
 * @param secretKey its secret
 * @param anonymous true accepts every request, and checks no signature
 * @param buckets made at start if they are missing
 * @param publicBuckets made too, and readable without a signature
 * @param corsOrigins what web pages may call, as {@code https://*.example.com}; {@code *} is all
 * @param directory where buckets are directories and objects files; absent keeps them in memory
 */
public record S3Config(
    String host,
    int port,
    String accessKey,
    String secretKey,
    boolean anonymous,
    List<String> buckets,
    List<String> publicBuckets,
    List<String> corsOrigins,
    Optional<Path> directory) {

  /** Where S3 clients connect when nothing else is said. */
  public static final int DEFAULT_PORT = 10201;

  /** The access key when nothing else is said. */
  public static final String DEFAULT_ACCESS_KEY = "zerolite";

  /** The secret key when nothing else is said. */
  public static final String DEFAULT_SECRET_KEY = "zerolite-secret";

  /** Pages from this machine, on any port. */
  public static final List<String> LOCAL_ORIGINS =
      List.of(
          "http://localhost",
          "http://localhost:*",
          "https://localhost",
          "https://localhost:*",
          "http://*.localhost",
          "http://*.localhost:*",
          "http://127.0.0.1",
          "http://127.0.0.1:*",
          "https://127.0.0.1",
          "https://127.0.0.1:*",
          "http://[::1]",
          "http://[::1]:*");

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");

  public S3Config {
    requireNonNull(host);
    requireNonNull(directory);
    buckets = List.copyOf(buckets);
    publicBuckets = List.copyOf(publicBuckets);
    corsOrigins = List.copyOf(corsOrigins);
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "s3.port: %d is not a port, use 1 to 65535 (or 0 for any free one)".formatted(port));
    }
    if (requireNonNull(accessKey).isBlank() || requireNonNull(secretKey).isBlank()) {
      throw new IllegalArgumentException(
          "s3.access-key and s3.secret-key must not be empty; for requests without them say anonymous: true");
    }
    requireBuckets(buckets);
    requireBuckets(publicBuckets);
  }

  private static void requireBuckets(List<String> names) {
    for (var name : names) {
      if (!BUCKET.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "s3: '%s' cannot be a bucket: use 3 to 63 small letters, digits, hyphens and dots"
                .formatted(name));
      }
    }
  }

  /** Starts from the defaults, with files below the app's directory. */
  public static Builder builder(Path appDirectory) {
    return new Builder(appDirectory);
  }

  /** Settings that are still being gathered; the last word on each wins. */
  public static final class Builder {
    private final Path appDirectory;
    private String host = "127.0.0.1";
    private int port = DEFAULT_PORT;
    private String accessKey = DEFAULT_ACCESS_KEY;
    private String secretKey = DEFAULT_SECRET_KEY;
    private boolean anonymous;
    private List<String> buckets = List.of();
    private List<String> publicBuckets = List.of();
    private List<String> corsOrigins = LOCAL_ORIGINS;
    private Path directory;
    private boolean inMemory;

    private Builder(Path appDirectory) {
      this.appDirectory = appDirectory;
      this.directory = appDirectory.resolve(".zerolite/s3");
    }

    /** The address to listen on. */
    public Builder host(String address) {
      this.host = address;
      return this;
    }

    /** Its port; 0 takes any free one. */
    public Builder port(int number) {
      this.port = number;
      return this;
    }

    /** The identity that requests are signed by. */
    public Builder accessKey(String key) {
      this.accessKey = key;
      return this;
    }

    /** Its secret. */
    public Builder secretKey(String key) {
      this.secretKey = key;
      return this;
    }

    /** Whether requests are accepted whatever their signature is. */
    public Builder anonymous(boolean yes) {
      this.anonymous = yes;
      return this;
    }

    /** Buckets that are made at start. */
    public Builder buckets(List<String> names) {
      this.buckets = names;
      return this;
    }

    /** Buckets that are made at start and that everybody may read. */
    public Builder publicBuckets(List<String> names) {
      this.publicBuckets = names;
      return this;
    }

    /** Origins of web pages that may call; {@code *} stands for any characters. */
    public Builder corsOrigins(List<String> origins) {
      this.corsOrigins = origins;
      return this;
    }

    /** Where the files are; relative to the app's directory. */
    public Builder directory(Path files) {
      this.directory = appDirectory.resolve(files);
      return this;
    }

    /** Whether nothing is kept on disk. */
    public Builder inMemory(boolean yes) {
      this.inMemory = yes;
      return this;
    }

    /**
     * Checks and freezes what was gathered.
     *
     * @throws IllegalArgumentException if a setting is impossible
     */
    public S3Config build() {
      return new S3Config(
          host,
          port,
          accessKey,
          secretKey,
          anonymous,
          buckets,
          publicBuckets,
          corsOrigins,
          inMemory ? Optional.empty() : Optional.of(directory));
    }
  }
}

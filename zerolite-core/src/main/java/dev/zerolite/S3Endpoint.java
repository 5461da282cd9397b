package dev.zerolite;

import dev.zerolite.ZeroLiteException.Reason;
import dev.zerolite.config.S3Config;
import dev.zerolite.s3.S3Server;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The S3 server, started in a thread of its own beside zero-cache, which takes longer. */
final class S3Endpoint {
  private static final Logger LOG = LoggerFactory.getLogger(S3Endpoint.class);
  private static final Duration LONGEST_START = Duration.ofSeconds(30);

  private final S3Config config;
  private final WorkDirectory workDirectory;
  private final FutureTask<S3Server> server = new FutureTask<>(this::listen);

  private S3Endpoint(S3Config config, WorkDirectory workDirectory) {
    this.config = config;
    this.workDirectory = workDirectory;
  }

  /** Begins to start it. */
  static S3Endpoint start(S3Config config, WorkDirectory workDirectory) {
    var endpoint = new S3Endpoint(config, workDirectory);
    new Thread(endpoint.server, "s3-start").start();
    return endpoint;
  }

  private S3Server listen() throws IOException, ZeroLiteException {
    long start = System.nanoTime();
    if (config.directory().isPresent()) {
      workDirectory.makeFor(config.directory().get());
    }
    var listening = S3Server.start(config);
    LOG.info(
        "S3 listens on port {} after {} ms",
        listening.port(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    return listening;
  }

  /** Waits until it listens. */
  String url() throws ZeroLiteException, InterruptedException {
    try {
      return server.get(LONGEST_START.toMillis(), TimeUnit.MILLISECONDS).url();
    } catch (TimeoutException e) {
      throw new ZeroLiteException(
          Reason.ENVIRONMENT,
          "The S3 endpoint did not start within %d seconds; --no-s3 leaves it out."
              .formatted(LONGEST_START.toSeconds()),
          e);
    } catch (ExecutionException e) {
      var cause = e.getCause();
      throw new ZeroLiteException(
          cause instanceof BindException ? Reason.PORT_IN_USE : Reason.ENVIRONMENT,
          cause instanceof IOException && !(cause instanceof FileSystemException)
              ? cause.getMessage()
              : "The S3 endpoint did not start: %s".formatted(cause),
          cause);
    }
  }

  /** What the app needs to know to use it. */
  Map<String, String> variables() throws ZeroLiteException, InterruptedException {
    var variables = new TreeMap<String, String>();
    variables.put("S3_ENDPOINT", url());
    variables.put("S3_REGION", "us-east-1");
    variables.put("S3_ACCESS_KEY_ID", config.accessKey());
    variables.put("S3_SECRET_ACCESS_KEY", config.secretKey());
    variables.put("S3_FORCE_PATH_STYLE", "true");
    Stream.concat(config.buckets().stream(), config.publicBuckets().stream())
        .findFirst()
        .ifPresent(bucket -> variables.put("S3_BUCKET", bucket));
    return variables;
  }

  /** Ends it, also while it starts. */
  void stop() {
    try {
      server.get(LONGEST_START.toMillis(), TimeUnit.MILLISECONDS).close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("S3 had not started", e);
    }
  }
}

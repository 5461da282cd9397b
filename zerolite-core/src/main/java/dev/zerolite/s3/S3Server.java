package dev.zerolite.s3;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.zerolite.config.S3Config;
import dev.zerolite.s3.awssdk.FileStore;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.util.List;
import org.gaul.s3proxy.CrossOriginResourceSharing;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.shaded.org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.gaul.shaded.org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.gaul.shaded.org.eclipse.jetty.http.HttpCompliance;
import org.gaul.shaded.org.eclipse.jetty.http.UriCompliance;
import org.gaul.shaded.org.eclipse.jetty.server.HttpConfiguration;
import org.gaul.shaded.org.eclipse.jetty.server.HttpConnectionFactory;
import org.gaul.shaded.org.eclipse.jetty.server.Server;
import org.gaul.shaded.org.eclipse.jetty.server.ServerConnector;
import org.gaul.shaded.org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;

/**
 * A running S3 endpoint. The HTTP server is the Jetty that S3Proxy's jar contains under a name of
 * its own; S3Proxy's own class for it cannot serve {@code http://127.0.0.1/bucket/key} and {@code
 * http://bucket.localhost/key} at once (see {@link BucketHost}).
 */
public final class S3Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(S3Server.class);

  private static final int IDLE_THREADS = 4;
  private static final int MOST_THREADS = 200;
  private static final int THREAD_IDLE_MILLIS = 30_000;
  // A client that neither sends nor takes anything for so long is gone.
  private static final int CLIENT_IDLE_MILLIS = 300_000;

  private final Server server;
  private final ServerConnector connector;
  private final S3Config config;
  private final BlobStore store;

  private S3Server(S3Config config, BlobStore store) {
    this.config = config;
    this.store = store;
    var threads = new QueuedThreadPool(MOST_THREADS, IDLE_THREADS, THREAD_IDLE_MILLIS);
    threads.setName("s3");
    threads.setDaemon(true);
    this.server = new Server(threads);
    this.connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http()));
    connector.setHost(config.host());
    connector.setPort(config.port());
    connector.setIdleTimeout(CLIENT_IDLE_MILLIS);
    server.addConnector(connector);
    var context = new ServletContextHandler();
    context.addServlet(new ServletHolder(new S3Servlet(config, store, cors(config))), "/*");
    server.setHandler(context);
    server.setErrorHandler(new PlainErrors());
    // With a timeout Jetty would wait for it wherever a client keeps an idle connection.
    server.setStopTimeout(0);
  }

  private static HttpConfiguration http() {
    var http = new HttpConfiguration();
    // Keys are not file paths: dots, empty parts and escapes reach S3Proxy as they were sent.
    http.setUriCompliance(UriCompliance.UNSAFE);
    http.setHttpCompliance(HttpCompliance.LEGACY);
    http.setHeaderCacheCaseSensitive(true);
    http.setSendServerVersion(false);
    return http;
  }

  private static CrossOriginResourceSharing cors(S3Config config) {
    var origins = config.corsOrigins();
    if (origins.isEmpty()) {
      return CrossOriginResourceSharing.disabled();
    }
    return new CrossOriginResourceSharing(
        origins.contains("*")
            ? List.of("*")
            : origins.stream().map(S3Server::originPattern).toList(),
        List.of("GET", "HEAD", "PUT", "POST", "DELETE"),
        List.of("*"),
        List.of("*"),
        "");
  }

  private static String originPattern(String origin) {
    return "\\Q" + origin.replace("*", "\\E[^/]*\\Q") + "\\E";
  }

  /**
   * Listens, and makes the configured buckets.
   *
   * @throws BindException if the port belongs to somebody else; the message says what to do
   */
  public static S3Server start(S3Config config) throws IOException {
    var s3 = new S3Server(config, new FileStore(directory(config)));
    try {
      s3.makeBuckets(config.buckets(), BucketCannedACL.PRIVATE);
      s3.makeBuckets(config.publicBuckets(), BucketCannedACL.PUBLIC_READ);
      s3.server.start();
      return s3;
    } catch (Exception e) {
      s3.close();
      throw e.getCause() instanceof BindException ? portInUse(config, e) : new IOException(e);
    }
  }

  private static Path directory(S3Config config) {
    return config
        .directory()
        .orElseGet(() -> Jimfs.newFileSystem(Configuration.unix()).getPath("/s3"));
  }

  private static IOException portInUse(S3Config config, Exception cause) {
    var inUse =
        new BindException(
            "Port %d, which the S3 endpoint needs, is in use by another process, perhaps another zerolite. Stop that process (`lsof -i :%d` shows it), choose another port with --s3-port, or leave S3 out with --no-s3."
                .formatted(config.port(), config.port()));
    inUse.initCause(cause);
    return inUse;
  }

  private void makeBuckets(List<String> names, BucketCannedACL access) {
    for (var name : names) {
      try {
        store.createContainer(name);
      } catch (BucketAlreadyOwnedByYouException there) {
        LOG.debug("bucket {} is there already", name);
      }
      store.setContainerAccess(name, access);
    }
  }

  /** The port it listens on. */
  public int port() {
    return connector.getLocalPort();
  }

  /** What clients take as their endpoint. */
  public String url() {
    var host = config.host().equals("0.0.0.0") ? "localhost" : config.host();
    return "http://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port();
  }

  /** Stops listening and ends all connections; uploads that are not complete leave nothing. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      LOG.warn("The S3 endpoint did not stop cleanly: {}", e.getMessage());
    } finally {
      store.close();
    }
  }
}

package dev.zerolite.s3;

import dev.zerolite.config.S3Config;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.gaul.s3proxy.CrossOriginResourceSharing;
import org.gaul.s3proxy.S3ErrorCode;
import org.gaul.s3proxy.S3ProxyException;
import org.gaul.s3proxy.S3ProxyHandler;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * Hands requests to S3Proxy and turns what it throws into S3's error documents, which S3Proxy's own
 * servlet for Jetty does not let others reuse.
 */
final class S3Servlet extends HttpServlet {
  private static final Logger LOG = LoggerFactory.getLogger(S3Servlet.class);

  private static final long LARGEST_PUT = 5L << 30; // S3's own limit for one PUT
  private static final int LARGEST_CHUNK = 16 << 20;
  private static final int CLOCK_SKEW_SECONDS = 15 * 60;
  private static final long MOST_BUFFERED = 512L << 20;
  private static final int KILO = 10;
  private static final int LONGEST_WAIT_SECONDS = 60;

  private final transient Handler handler;
  // S3Proxy reads a body whose SHA-256 is part of the signature into memory before it looks at it.
  private final transient Semaphore bufferKilobytes;
  private final long mostBuffered;

  S3Servlet(S3Config config, BlobStore store, CrossOriginResourceSharing cors) {
    this.mostBuffered = Math.min(MOST_BUFFERED, Runtime.getRuntime().maxMemory() / 4);
    this.bufferKilobytes = new Semaphore((int) (mostBuffered >> KILO), true);
    this.handler = new Handler(config, store, cors, mostBuffered);
  }

  /** S3Proxy's protocol handler, whose error documents only a subclass may write. */
  private static final class Handler extends S3ProxyHandler {
    Handler(S3Config config, BlobStore store, CrossOriginResourceSharing cors, long mostBuffered) {
      super(
          store,
          config.anonymous() ? AuthenticationType.NONE : AuthenticationType.AWS_V4,
          config.accessKey(),
          config.secretKey(),
          BucketHost.DOMAIN,
          LARGEST_PUT,
          mostBuffered,
          LARGEST_CHUNK,
          // An SDK of tomorrow sends headers that S3Proxy does not know yet.
          true,
          cors,
          null,
          CLOCK_SKEW_SECONDS);
    }

    /** S3's word for "later"; the SDKs try again by themselves. */
    void sendSlowDown(HttpServletRequest request, HttpServletResponse response) throws IOException {
      sendSimpleErrorResponse(
          request,
          response,
          "SlowDown",
          HttpServletResponse.SC_SERVICE_UNAVAILABLE,
          "Too many large requests at once, please reduce your request rate.",
          Map.of());
    }

    void sendError(
        HttpServletRequest request, HttpServletResponse response, S3ErrorCode code, String message)
        throws IOException {
      sendError(request, response, new S3ProxyException(code, message));
    }

    void sendError(HttpServletRequest request, HttpServletResponse response, AwsServiceException e)
        throws IOException {
      var message = e.awsErrorDetails().errorMessage();
      sendSimpleErrorResponse(
          request,
          response,
          e.awsErrorDetails().errorCode(),
          e.statusCode(),
          message == null ? "" : message,
          Map.of());
    }
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    int kilobytes = kilobytesToBuffer(request);
    if (!acquire(kilobytes)) {
      handler.sendSlowDown(request, response);
      return;
    }
    try {
      handle(request, response);
    } finally {
      bufferKilobytes.release(kilobytes);
    }
  }

  private boolean acquire(int kilobytes) throws IOException {
    try {
      return bufferKilobytes.tryAcquire(kilobytes, LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the S3 endpoint is stopping", e);
    }
  }

  private int kilobytesToBuffer(HttpServletRequest request) {
    var sha256 = request.getHeader("x-amz-content-sha256");
    boolean buffers = sha256 != null && sha256.length() == 64;
    long length = Math.max(0, request.getContentLengthLong());
    return buffers && length <= mostBuffered ? (int) (length >> KILO) : 0;
  }

  private void handle(HttpServletRequest request, HttpServletResponse response) throws IOException {
    try (var body = new RequestBody(request.getInputStream())) {
      // The first is what was signed, the second what is served.
      handler.doHandle(request, new ServedRequest(request), response, body, null);
    } catch (IllegalArgumentException e) {
      LOG.debug("S3 request refused", e);
      handler.sendError(
          request, response, S3ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    } catch (UnsupportedOperationException e) {
      handler.sendError(
          request, response, S3ErrorCode.NOT_IMPLEMENTED, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      var service = serviceException(e);
      if (service != null) {
        sendServiceError(request, response, service);
      } else if (response.isCommitted() || isFromClient(e)) {
        // The client went away, or it was told half of the answer: only closing is left.
        throw e;
      } else {
        LOG.warn("S3 request failed: {} {}", request.getMethod(), request.getRequestURI(), e);
        handler.sendError(
            request, response, S3ErrorCode.INTERNAL_ERROR, "See the log of zerolite.");
      }
    }
  }

  private void sendServiceError(
      HttpServletRequest request, HttpServletResponse response, AwsServiceException e)
      throws IOException {
    var answer = S3Exceptions.httpResponse(e);
    if (answer != null) {
      answer.firstMatchingHeader("ETag").ifPresent(etag -> response.setHeader("ETag", etag));
    }
    if (S3Exceptions.errorCode(e) != null) {
      handler.sendError(request, response, e);
      return;
    }
    switch (e.statusCode()) {
      case HttpServletResponse.SC_PRECONDITION_FAILED ->
          handler.sendError(
              request, response, new S3ProxyException(S3ErrorCode.PRECONDITION_FAILED));
      case HttpServletResponse.SC_REQUESTED_RANGE_NOT_SATISFIABLE ->
          handler.sendError(request, response, new S3ProxyException(S3ErrorCode.INVALID_RANGE));
      default -> response.setStatus(e.statusCode());
    }
  }

  /** A refusal found while the body was read arrives wrapped. */
  private static AwsServiceException serviceException(Throwable e) {
    for (var cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof AwsServiceException service) {
        return service;
      }
    }
    return null;
  }

  /** Jetty's exceptions for connections that ended are all of its own packages. */
  private static boolean isFromClient(Throwable e) {
    for (var cause = e; cause != null; cause = cause.getCause()) {
      if (cause.getClass().getName().contains(".jetty.")) {
        return true;
      }
    }
    return false;
  }
}

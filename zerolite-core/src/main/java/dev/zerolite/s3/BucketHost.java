package dev.zerolite.s3;

/**
 * Which hosts name a bucket: {@code bucket.localhost} and {@code bucket.s3.localhost}. All others
 * are addresses of the endpoint. S3Proxy, told one domain, takes every other host for a bucket, so
 * that {@code 127.0.0.1} would be one; it is therefore shown the domain in those hosts' place.
 */
final class BucketHost {
  static final String DOMAIN = "localhost";

  private static final String SHORT = "." + DOMAIN;
  private static final String LONG = ".s3" + SHORT;

  private BucketHost() {}

  /** The Host header to show S3Proxy. */
  static String normalized(String host) {
    int colon = host.lastIndexOf(':');
    boolean hasPort = colon > host.lastIndexOf(']');
    var name = (colon >= 0 && hasPort ? host.substring(0, colon) : host).toLowerCase();
    if (name.endsWith(LONG)) {
      return name.substring(0, name.length() - LONG.length()) + SHORT;
    }
    boolean isBucket = name.endsWith(SHORT) && !name.equals("s3" + SHORT);
    return isBucket ? name : DOMAIN;
  }
}

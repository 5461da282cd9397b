package dev.zerolite.s3.awssdk;

import org.gaul.s3proxy.S3ErrorCode;
import org.gaul.s3proxy.S3ProxyException;
import org.gaul.s3proxy.blobstore.SdkRequests;
import org.jspecify.annotations.Nullable;

/** The bytes of an object to send. */
record ByteRange(long first, long length) {
  static ByteRange of(SdkRequests.@Nullable ByteRange asked, long size) {
    if (asked == null) {
      return new ByteRange(0, size);
    }
    if (asked.first() == null) {
      long length = Math.min(asked.last(), size);
      return satisfiable(new ByteRange(size - length, length));
    }
    long last = asked.last() == null ? size - 1 : Math.min(asked.last(), size - 1);
    return satisfiable(new ByteRange(asked.first(), last - asked.first() + 1));
  }

  private static ByteRange satisfiable(ByteRange range) {
    if (range.length <= 0) {
      throw new S3ProxyException(S3ErrorCode.INVALID_RANGE);
    }
    return range;
  }

  /** As Content-Range says it. */
  String header(long size) {
    return "bytes %d-%d/%d".formatted(first, first + length - 1, size);
  }
}

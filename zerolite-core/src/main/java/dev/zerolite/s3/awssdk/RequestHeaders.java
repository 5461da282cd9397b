package dev.zerolite.s3.awssdk;

import dev.zerolite.s3.awssdk.ObjectRecord.Headers;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** The headers to keep, from the three requests that bring some. */
final class RequestHeaders {
  private RequestHeaders() {}

  static Headers of(PutObjectRequest request) {
    return new Headers(
        request.contentType(),
        request.cacheControl(),
        request.contentDisposition(),
        request.contentEncoding(),
        request.contentLanguage(),
        millis(request.expires()));
  }

  static Headers of(CopyObjectRequest request) {
    return new Headers(
        request.contentType(),
        request.cacheControl(),
        request.contentDisposition(),
        request.contentEncoding(),
        request.contentLanguage(),
        millis(request.expires()));
  }

  static Headers of(CreateMultipartUploadRequest request) {
    return new Headers(
        request.contentType(),
        request.cacheControl(),
        request.contentDisposition(),
        request.contentEncoding(),
        request.contentLanguage(),
        millis(request.expires()));
  }

  private static @Nullable Long millis(@Nullable Instant expires) {
    return expires == null ? null : expires.toEpochMilli();
  }
}

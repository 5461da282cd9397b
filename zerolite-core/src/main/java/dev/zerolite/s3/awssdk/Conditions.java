package dev.zerolite.s3.awssdk;

import dev.zerolite.s3.awssdk.ObjectFiles.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** If-Match and its relatives (RFC 9110, section 13), with S3's answers. */
final class Conditions {
  private static final int NOT_MODIFIED = 304;
  private static final int PRECONDITION_FAILED = 412;

  private Conditions() {}

  static Condition forWrite(String bucket, String key, PutObjectRequest request) {
    return forWrite(bucket, key, request.ifMatch(), request.ifNoneMatch());
  }

  static Condition forWrite(
      String bucket, String key, @Nullable String ifMatch, @Nullable String ifNoneMatch) {
    return current -> {
      if (ifMatch != null && current.isEmpty()) {
        throw S3Exceptions.noSuchKey(bucket, key, "for If-Match");
      }
      if (ifMatch != null && !matches(ifMatch, current.get().etag())
          || ifNoneMatch != null
              && current.isPresent()
              && matches(ifNoneMatch, current.get().etag())) {
        throw S3Exceptions.preconditionFailed(null);
      }
    };
  }

  static Condition forDelete(DeleteObjectRequest request) {
    return current -> {
      // S3 deletes what is not there without a word, unless a condition names it.
      boolean holds =
          holds(request.ifMatch(), current, (etag, record) -> matches(etag, record.etag()))
              && holds(request.ifMatchSize(), current, (size, record) -> size == record.size())
              && holds(
                  request.ifMatchLastModifiedTime(),
                  current,
                  (time, record) ->
                      time.truncatedTo(ChronoUnit.SECONDS)
                          .equals(
                              Instant.ofEpochMilli(record.modified())
                                  .truncatedTo(ChronoUnit.SECONDS)));
      if (!holds) {
        throw S3Exceptions.preconditionFailed(null);
      }
    };
  }

  private interface Test<T> {
    boolean test(T expected, ObjectRecord record);
  }

  private static <T> boolean holds(
      @Nullable T expected, Optional<ObjectRecord> current, Test<T> test) {
    return expected == null || current.isPresent() && test.test(expected, current.get());
  }

  static void checkRead(GetObjectRequest request, String etag, Instant modified) {
    // An ETag decides before a time does.
    if (request.ifMatch() != null) {
      if (!matches(request.ifMatch(), etag)) {
        throw failed(PRECONDITION_FAILED, etag);
      }
    } else if (request.ifUnmodifiedSince() != null
        && modified.isAfter(request.ifUnmodifiedSince())) {
      throw failed(PRECONDITION_FAILED, etag);
    }
    if (request.ifNoneMatch() != null) {
      if (matches(request.ifNoneMatch(), etag)) {
        throw failed(NOT_MODIFIED, etag);
      }
    } else if (request.ifModifiedSince() != null && !modified.isAfter(request.ifModifiedSince())) {
      throw failed(NOT_MODIFIED, etag);
    }
  }

  static void checkCopySource(CopyObjectRequest request, String etag, Instant modified) {
    boolean holds =
        request.copySourceIfMatch() != null
            ? matches(request.copySourceIfMatch(), etag)
            : request.copySourceIfUnmodifiedSince() == null
                || !modified.isAfter(request.copySourceIfUnmodifiedSince());
    holds &=
        request.copySourceIfNoneMatch() != null
            ? !matches(request.copySourceIfNoneMatch(), etag)
            : request.copySourceIfModifiedSince() == null
                || modified.isAfter(request.copySourceIfModifiedSince());
    if (!holds) {
      throw S3Exceptions.preconditionFailed(null);
    }
  }

  /** Whether a header that lists ETags, or says {@code *}, names this one. */
  private static boolean matches(String header, String etag) {
    for (var candidate : header.split(",")) {
      var name = candidate.strip();
      name = name.startsWith("W/") ? name.substring(2) : name;
      if (name.equals("*") || name.replace("\"", "").equals(etag)) {
        return true;
      }
    }
    return false;
  }

  private static S3Exception failed(int status, String etag) {
    return S3Exceptions.fromStatusCode(status, '"' + etag + '"', Map.of(), null);
  }
}

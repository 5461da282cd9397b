package dev.zerolite.s3.awssdk;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an object is besides its bytes. It belongs to the file of exactly this size and time; a file
 * that somebody else wrote has another and is looked at afresh.
 *
 * @param size the file's length
 * @param modified the file's time in milliseconds since 1970
 * @param etag without quotes: the MD5 of the bytes, or of the parts' MD5s with their number
 * @param crc32 of the bytes in base64, if they went by in one piece
 * @param metadata what clients send as {@code x-amz-meta-…}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ObjectRecord(
    long size,
    long modified,
    String etag,
    @Nullable String crc32,
    Headers headers,
    Map<String, String> metadata,
    boolean publicRead) {

  /** The headers that are kept with an object and sent back with it. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Headers(
      @Nullable String contentType,
      @Nullable String cacheControl,
      @Nullable String contentDisposition,
      @Nullable String contentEncoding,
      @Nullable String contentLanguage,
      @Nullable Long expires) {
    static Headers ofType(@Nullable String contentType) {
      return new Headers(contentType, null, null, null, null, null);
    }
  }

  ObjectRecord {
    metadata = metadata == null ? Map.of() : Map.copyOf(metadata);
    headers = headers == null ? Headers.ofType(null) : headers;
  }

  ObjectRecord withFile(long newSize, long newModified) {
    return new ObjectRecord(newSize, newModified, etag, crc32, headers, metadata, publicRead);
  }

  ObjectRecord withPublicRead(boolean everyone) {
    return new ObjectRecord(size, modified, etag, crc32, headers, metadata, everyone);
  }
}

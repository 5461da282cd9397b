package dev.zerolite.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The operations of the S3 API as the AWS SDK for Java 2 uses them by default. */
class AwsSdkTest {
  private static final String BUCKET = "uploads";

  @TempDir Path directory;
  private S3Server server;
  private S3Client s3;

  @BeforeEach
  void start() throws Exception {
    server = S3Server.start(TestConfig.in(directory).build());
    s3 = Clients.sync(server);
  }

  @AfterEach
  void stop() {
    s3.close();
    server.close();
  }

  private void put(String key, String text) {
    s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromString(text));
  }

  private String get(String key) {
    return s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asUtf8String();
  }

  @Test
  void keepsBytesHeadersAndMetadata() throws Exception {
    var put =
        s3.putObject(
            r ->
                r.bucket(BUCKET)
                    .key("photos/cat.txt")
                    .contentType("image/svg+xml")
                    .cacheControl("max-age=60")
                    .contentDisposition("inline; filename=\"cat.txt\"")
                    .contentLanguage("de")
                    .metadata(Map.of("author", "me", "camera-model", "x 1")),
            RequestBody.fromString("miau"));

    assertThat(put.eTag()).isEqualTo("\"%s\"".formatted(Clients.md5("miau")));
    assertThat(directory.resolve("uploads/photos/cat.txt")).hasContent("miau");
    var head = s3.headObject(r -> r.bucket(BUCKET).key("photos/cat.txt"));
    assertThat(head.eTag()).isEqualTo(put.eTag());
    assertThat(head.contentLength()).isEqualTo(4);
    assertThat(head.contentType()).isEqualTo("image/svg+xml");
    assertThat(head.cacheControl()).isEqualTo("max-age=60");
    assertThat(head.contentDisposition()).isEqualTo("inline; filename=\"cat.txt\"");
    assertThat(head.contentLanguage()).isEqualTo("de");
    assertThat(head.metadata()).isEqualTo(Map.of("author", "me", "camera-model", "x 1"));
    assertThat(head.lastModified()).isNotNull();
    assertThat(get("photos/cat.txt")).isEqualTo("miau");
  }

  @ParameterizedTest
  @EnumSource(
      value = ChecksumAlgorithm.class,
      names = {"CRC32", "CRC32_C", "SHA1", "SHA256"})
  void checksAndReturnsChecksums(ChecksumAlgorithm algorithm) {
    s3.putObject(
        r -> r.bucket(BUCKET).key("sum").checksumAlgorithm(algorithm),
        RequestBody.fromString("to be summed"));

    var got = s3.getObject(r -> r.bucket(BUCKET).key("sum").checksumMode(ChecksumMode.ENABLED));
    assertThat(got).hasContent("to be summed");
  }

  @Test
  void refusesAWrongChecksum() {
    assertThatThrownBy(
            () ->
                s3.putObject(
                    r -> r.bucket(BUCKET).key("sum").checksumSHA256(Clients.sha256("other")),
                    RequestBody.fromString("text")))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("BadDigest"));
    assertThatThrownBy(() -> get("sum")).isInstanceOf(NoSuchKeyException.class);
  }

  @Test
  void readsRanges() {
    put("digits", "0123456789");

    assertThat(range("bytes=2-4")).isEqualTo("234");
    assertThat(range("bytes=7-")).isEqualTo("789");
    assertThat(range("bytes=-2")).isEqualTo("89");
    assertThat(range("bytes=8-100")).isEqualTo("89");
    var part = s3.getObject(r -> r.bucket(BUCKET).key("digits").range("bytes=2-4")).response();
    assertThat(part.contentRange()).isEqualTo("bytes 2-4/10");
    assertThat(part.contentLength()).isEqualTo(3);
    assertStatus(416, () -> range("bytes=10-"));
  }

  private String range(String range) {
    return s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("digits").range(range)).asUtf8String();
  }

  @Test
  void obeysConditions() {
    put("it", "one");
    var etag = s3.headObject(r -> r.bucket(BUCKET).key("it")).eTag();
    var time = s3.headObject(r -> r.bucket(BUCKET).key("it")).lastModified();

    assertStatus(304, () -> s3.getObject(r -> r.bucket(BUCKET).key("it").ifNoneMatch(etag)));
    assertStatus(304, () -> s3.getObject(r -> r.bucket(BUCKET).key("it").ifModifiedSince(time)));
    assertStatus(412, () -> s3.getObject(r -> r.bucket(BUCKET).key("it").ifMatch("\"other\"")));
    assertStatus(
        412,
        () ->
            s3.putObject(
                r -> r.bucket(BUCKET).key("it").ifNoneMatch("*"), RequestBody.fromString("two")));
    assertStatus(
        412,
        () ->
            s3.putObject(
                r -> r.bucket(BUCKET).key("it").ifMatch("\"other\""),
                RequestBody.fromString("two")));
    assertThat(get("it")).isEqualTo("one");
    s3.putObject(r -> r.bucket(BUCKET).key("it").ifMatch(etag), RequestBody.fromString("two"));
    assertThat(get("it")).isEqualTo("two");
    s3.putObject(r -> r.bucket(BUCKET).key("new").ifNoneMatch("*"), RequestBody.fromString("n"));
  }

  @Test
  void copies() {
    s3.putObject(
        r -> r.bucket(BUCKET).key("a b/ä").contentType("text/x").metadata(Map.of("k", "v")),
        RequestBody.fromString("copied"));

    s3.copyObject(
        r ->
            r.sourceBucket(BUCKET)
                .sourceKey("a b/ä")
                .destinationBucket(BUCKET)
                .destinationKey("copy"));
    s3.copyObject(
        r ->
            r.sourceBucket(BUCKET)
                .sourceKey("copy")
                .destinationBucket(BUCKET)
                .destinationKey("copy")
                .metadataDirective(MetadataDirective.REPLACE)
                .contentType("text/y")
                .metadata(Map.of("k", "w")));

    assertThat(get("copy")).isEqualTo("copied");
    var head = s3.headObject(r -> r.bucket(BUCKET).key("copy"));
    assertThat(head.contentType()).isEqualTo("text/y");
    assertThat(head.metadata()).isEqualTo(Map.of("k", "w"));
    assertStatus(
        404,
        () ->
            s3.copyObject(
                r ->
                    r.sourceBucket(BUCKET)
                        .sourceKey("missing")
                        .destinationBucket(BUCKET)
                        .destinationKey("x")));
  }

  @Test
  void deletes() {
    for (var key : List.of("a", "b/c", "b/d")) {
      put(key, key);
    }
    s3.deleteObject(r -> r.bucket(BUCKET).key("a"));
    s3.deleteObject(r -> r.bucket(BUCKET).key("a"));
    var ids =
        List.of("b/c", "b/d", "none").stream()
            .map(key -> ObjectIdentifier.builder().key(key).build())
            .toList();
    var answer = s3.deleteObjects(r -> r.bucket(BUCKET).delete(d -> d.objects(ids)));

    assertThat(answer.deleted()).hasSize(3);
    assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET)).contents()).isEmpty();
    assertThat(directory.resolve("uploads")).isEmptyDirectory();
  }

  @Test
  void listsByPrefixAndDelimiterInPages() {
    var keys = List.of("a", "b/1", "b/2", "b/c/3", "d e", "z");
    keys.forEach(key -> put(key, key));

    assertThat(keysOf(s3.listObjectsV2(r -> r.bucket(BUCKET)).contents())).isEqualTo(keys);
    var top = s3.listObjectsV2(r -> r.bucket(BUCKET).delimiter("/"));
    assertThat(keysOf(top.contents())).containsExactly("a", "d e", "z");
    assertThat(top.commonPrefixes()).singleElement().extracting("prefix").isEqualTo("b/");
    var below = s3.listObjectsV2(r -> r.bucket(BUCKET).delimiter("/").prefix("b/"));
    assertThat(keysOf(below.contents())).containsExactly("b/1", "b/2");
    assertThat(below.commonPrefixes()).singleElement().extracting("prefix").isEqualTo("b/c/");
    var paged = new ArrayList<String>();
    s3.listObjectsV2Paginator(r -> r.bucket(BUCKET).maxKeys(2))
        .forEach(page -> paged.addAll(keysOf(page.contents())));
    assertThat(paged).isEqualTo(keys);
    var first = s3.listObjects(r -> r.bucket(BUCKET).maxKeys(4));
    assertThat(first.isTruncated()).isTrue();
    var second = s3.listObjects(r -> r.bucket(BUCKET).marker("b/c/3"));
    assertThat(keysOf(second.contents())).containsExactly("d e", "z");
    assertThat(keysOf(s3.listObjectsV2(r -> r.bucket(BUCKET).startAfter("b/2")).contents()))
        .containsExactly("b/c/3", "d e", "z");
  }

  private static List<String> keysOf(List<S3Object> objects) {
    return objects.stream().map(S3Object::key).toList();
  }

  @Test
  void assemblesParts() {
    var id =
        s3.createMultipartUpload(
                r -> r.bucket(BUCKET).key("big").contentType("video/x").metadata(Map.of("k", "v")))
            .uploadId();
    var five = "5".repeat(5 << 20);
    var parts = new ArrayList<CompletedPart>();
    for (int number = 1; number <= 2; number++) {
      int n = number;
      var etag =
          s3.uploadPart(
                  r -> r.bucket(BUCKET).key("big").uploadId(id).partNumber(n),
                  RequestBody.fromString(n == 1 ? five : "end"))
              .eTag();
      parts.add(CompletedPart.builder().partNumber(n).eTag(etag).build());
    }
    put("source", "copied part");
    var copied =
        s3.uploadPartCopy(
            r ->
                r.sourceBucket(BUCKET)
                    .sourceKey("source")
                    .copySourceRange("bytes=0-5")
                    .destinationBucket(BUCKET)
                    .destinationKey("big")
                    .uploadId(id)
                    .partNumber(2));
    parts.set(
        1, CompletedPart.builder().partNumber(2).eTag(copied.copyPartResult().eTag()).build());

    assertThat(s3.listMultipartUploads(r -> r.bucket(BUCKET)).uploads())
        .singleElement()
        .extracting("key", "uploadId")
        .containsExactly("big", id);
    assertThat(s3.listParts(r -> r.bucket(BUCKET).key("big").uploadId(id)).parts())
        .extracting("partNumber")
        .containsExactly(1, 2);
    assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET)).contents())
        .extracting("key")
        .containsExactly("source");
    var done =
        s3.completeMultipartUpload(
            r -> r.bucket(BUCKET).key("big").uploadId(id).multipartUpload(m -> m.parts(parts)));
    assertThat(done.eTag()).endsWith("-2\"");
    assertThat(get("big")).isEqualTo(five + "copied");
    var head = s3.headObject(r -> r.bucket(BUCKET).key("big"));
    assertThat(head.contentType()).isEqualTo("video/x");
    assertThat(head.metadata()).isEqualTo(Map.of("k", "v"));
    assertThat(head.eTag()).isEqualTo(done.eTag());
    // A client that lost the answer asks once more.
    assertThat(
            s3.completeMultipartUpload(
                    r ->
                        r.bucket(BUCKET)
                            .key("big")
                            .uploadId(id)
                            .multipartUpload(m -> m.parts(parts)))
                .eTag())
        .isEqualTo(done.eTag());
  }

  @Test
  void abortsAndRefusesUnknownUploads() {
    var id = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("big")).uploadId();
    s3.uploadPart(
        r -> r.bucket(BUCKET).key("big").uploadId(id).partNumber(1), RequestBody.fromString("x"));
    s3.abortMultipartUpload(r -> r.bucket(BUCKET).key("big").uploadId(id));

    assertThatThrownBy(() -> s3.listParts(r -> r.bucket(BUCKET).key("big").uploadId(id)))
        .isInstanceOf(NoSuchUploadException.class);
    assertThatThrownBy(
            () ->
                s3.uploadPart(
                    r -> r.bucket(BUCKET).key("big").uploadId("../../etc").partNumber(1),
                    RequestBody.fromString("x")))
        .isInstanceOf(NoSuchUploadException.class);
  }

  @Test
  void managesBuckets() {
    s3.createBucket(r -> r.bucket("another"));
    assertThat(s3.listBuckets().buckets()).extracting("name").contains("another", BUCKET);
    s3.headBucket(r -> r.bucket("another"));
    s3.putObject(r -> r.bucket("another").key("k"), RequestBody.fromString("v"));
    assertThatThrownBy(() -> s3.deleteBucket(r -> r.bucket("another")))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("BucketNotEmpty"));
    s3.deleteObject(r -> r.bucket("another").key("k"));
    s3.deleteBucket(r -> r.bucket("another"));
    assertThatThrownBy(() -> s3.headBucket(r -> r.bucket("another")))
        .isInstanceOf(NoSuchBucketException.class);
    assertThatThrownBy(() -> s3.listObjectsV2(r -> r.bucket("another")))
        .isInstanceOf(NoSuchBucketException.class);
    assertThat(Files.exists(directory.resolve("another"))).isFalse();
  }

  private static void assertStatus(int status, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(status));
  }
}

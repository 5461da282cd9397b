package dev.zerolite.s3;

import static dev.zerolite.s3.TestConfig.BUCKET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.ObjectAttributes;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** What the table of docs/s3.md says of the rarer operations. */
class RefusalTest {
  @TempDir Path directory;
  private S3Server server;
  private S3Client s3;

  @BeforeEach
  void start() throws Exception {
    server = S3Server.start(TestConfig.in(directory).build());
    s3 = Clients.sync(server);
    s3.putObject(r -> r.bucket(BUCKET).key("k"), RequestBody.fromString("v"));
  }

  @AfterEach
  void stop() {
    s3.close();
    server.close();
  }

  private static Named<Consumer<S3Client>> op(String name, Consumer<S3Client> call) {
    return Named.of(name, call);
  }

  static Stream<Named<Consumer<S3Client>>> notImplemented() {
    return Stream.of(
        op("GetObjectTagging", s3 -> s3.getObjectTagging(r -> r.bucket(BUCKET).key("k"))),
        op("GetBucketTagging", s3 -> s3.getBucketTagging(r -> r.bucket(BUCKET))),
        op("GetBucketLifecycle", s3 -> s3.getBucketLifecycleConfiguration(r -> r.bucket(BUCKET))),
        op("GetBucketCors", s3 -> s3.getBucketCors(r -> r.bucket(BUCKET))),
        op("DeleteBucketCors", s3 -> s3.deleteBucketCors(r -> r.bucket(BUCKET))),
        op("GetBucketWebsite", s3 -> s3.getBucketWebsite(r -> r.bucket(BUCKET))),
        op("DeleteBucketPolicy", s3 -> s3.deleteBucketPolicy(r -> r.bucket(BUCKET))),
        op("GetObjectRetention", s3 -> s3.getObjectRetention(r -> r.bucket(BUCKET).key("k"))),
        op(
            "PutBucketVersioning",
            s3 ->
                s3.putBucketVersioning(
                    r ->
                        r.bucket(BUCKET)
                            .versioningConfiguration(
                                v -> v.status(BucketVersioningStatus.ENABLED)))),
        op("a version", s3 -> s3.getObject(r -> r.bucket(BUCKET).key("k").versionId("1"))),
        op(
            "encryption",
            s3 ->
                s3.putObject(
                    r ->
                        r.bucket(BUCKET).key("e").serverSideEncryption(ServerSideEncryption.AES256),
                    RequestBody.fromString("v"))),
        op(
            "another ACL",
            s3 ->
                s3.putObjectAcl(
                    r -> r.bucket(BUCKET).key("k").acl(ObjectCannedACL.AUTHENTICATED_READ))));
  }

  @ParameterizedTest
  @MethodSource
  void notImplemented(Consumer<S3Client> call) {
    assertThatThrownBy(() -> call.accept(s3))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(501);
              assertThat(e.awsErrorDetails().errorCode()).isEqualTo("NotImplemented");
            });
    assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET)).contents())
        .extracting("key")
        .containsExactly("k");
  }

  @Test
  void theRestOfTheTable() {
    assertThat(s3.getBucketVersioning(r -> r.bucket(BUCKET)).status()).isNull();
    assertThat(s3.getBucketLocation(r -> r.bucket(BUCKET)).locationConstraintAsString())
        .isNullOrEmpty();
    var attributes =
        s3.getObjectAttributes(
            r ->
                r.bucket(BUCKET)
                    .key("k")
                    .objectAttributes(ObjectAttributes.OBJECT_SIZE, ObjectAttributes.E_TAG));
    assertThat(attributes.objectSize()).isEqualTo(1);
    assertThat(s3.getObjectAcl(r -> r.bucket(BUCKET).key("k")).grants()).hasSize(1);
    s3.putObjectAcl(r -> r.bucket(BUCKET).key("k").acl(ObjectCannedACL.PUBLIC_READ));
    assertThat(s3.getObjectAcl(r -> r.bucket(BUCKET).key("k")).grants()).hasSize(2);
    assertThatThrownBy(() -> s3.createBucket(r -> r.bucket(BUCKET)))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("BucketAlreadyOwnedByYou"));
  }
}

package dev.zerolite.s3;

import static dev.zerolite.s3.TestConfig.BUCKET;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** What is left when an upload breaks off, or the whole process does. */
@Timeout(120)
class CrashTest {
  @TempDir Path directory;
  private Process process;

  @AfterEach
  void end() throws Exception {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  private URI startProcess() throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                S3Process.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    return URI.create(process.inputReader(UTF_8).readLine());
  }

  /** Half of what it announces; the connection stays open. */
  private static Socket halfAnUpload(URI endpoint, String target, String host) throws IOException {
    var socket = new Socket(endpoint.getHost(), endpoint.getPort());
    var head =
        "PUT /%s/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 2000000\r\n\r\n"
            .formatted(BUCKET, target, host);
    socket.getOutputStream().write(head.getBytes(UTF_8));
    socket.getOutputStream().write(new byte[1_000_000]);
    socket.getOutputStream().flush();
    return socket;
  }

  private void awaitIncoming(boolean some) throws Exception {
    var incoming = directory.resolve(".incoming");
    var deadline = Instant.now().plus(Duration.ofSeconds(20));
    while (Instant.now().isBefore(deadline)) {
      try (var files = Files.list(incoming)) {
        if (files.findAny().isPresent() == some) {
          return;
        }
      }
      Thread.onSpinWait();
    }
    throw new AssertionError(incoming + " should " + (some ? "hold a file" : "be empty"));
  }

  @Test
  void killedDuringAnUploadItKeepsAllThatWasAcknowledgedAndNothingElse() throws Exception {
    var endpoint = startProcess();
    try (var s3 = Clients.builder(endpoint, Clients.CREDENTIALS).build()) {
      s3.putObject(
          r -> r.bucket(BUCKET).key("kept").contentType("text/kept"),
          RequestBody.fromString("kept"));
      var url =
          Clients.presigner(endpoint)
              .presignPutObject(
                  r ->
                      r.signatureDuration(Duration.ofMinutes(5))
                          .putObjectRequest(o -> o.bucket(BUCKET).key("half")))
              .url();
      try (var half = halfAnUpload(endpoint, "half?" + url.getQuery(), url.getAuthority())) {
        awaitIncoming(true);
        process.destroyForcibly().waitFor();
        assertThat(half.isClosed()).isFalse();
      }
    }

    try (var server = S3Server.start(TestConfig.in(directory).build());
        var s3 = Clients.sync(server)) {
      assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET)).contents())
          .extracting("key")
          .containsExactly("kept");
      var kept = s3.getObject(r -> r.bucket(BUCKET).key("kept"));
      assertThat(kept.response().contentType()).isEqualTo("text/kept");
      assertThat(kept).hasContent("kept");
      assertThat(directory.resolve(".incoming")).isEmptyDirectory();
      assertThat(directory.resolve(BUCKET)).isDirectoryNotContaining("glob:**half*");
    }
  }

  @Test
  void aClientThatGoesAwayLeavesNothing() throws Exception {
    try (var server = S3Server.start(TestConfig.in(directory).anonymous(true).build());
        var s3 = Clients.sync(server)) {
      s3.putObject(r -> r.bucket(BUCKET).key("half"), RequestBody.fromString("before"));
      try (var half = halfAnUpload(URI.create(server.url()), "half", "localhost")) {
        awaitIncoming(true);
        assertThat(half.isConnected()).isTrue();
      }
      awaitIncoming(false);

      assertThat(s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("half")).asUtf8String())
          .isEqualTo("before");
    }
  }

  @Test
  void aDirectoryIsForOneAtATime() throws Exception {
    startProcess();

    assertThatThrownBy(() -> S3Server.start(TestConfig.in(directory).build()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("in use by another zerolite, process " + process.pid());
    process.destroyForcibly().waitFor();
    S3Server.start(TestConfig.in(directory).build()).close();
    S3Server.start(TestConfig.in(directory).build()).close();
  }

  @Test
  void uploadsInPartsGoOnAfterARestart() throws Exception {
    String id;
    String etag;
    try (var server = S3Server.start(TestConfig.in(directory).build());
        var s3 = Clients.sync(server)) {
      id = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("big")).uploadId();
      var upload = id;
      etag =
          s3.uploadPart(
                  r -> r.bucket(BUCKET).key("big").uploadId(upload).partNumber(1),
                  RequestBody.fromString("part"))
              .eTag();
    }
    var part = CompletedPart.builder().partNumber(1).eTag(etag).build();
    try (var server = S3Server.start(TestConfig.in(directory).build());
        var s3 = Clients.sync(server)) {
      s3.completeMultipartUpload(
          r ->
              r.bucket(BUCKET)
                  .key("big")
                  .uploadId(id)
                  .multipartUpload(m -> m.parts(List.of(part))));
      assertThat(s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("big")).asUtf8String())
          .isEqualTo("part");
    }
  }

  @Test
  void inMemoryNothingIsWritten() throws Exception {
    var config = TestConfig.in(directory).inMemory(true).build();
    try (var server = S3Server.start(config);
        var s3 = Clients.sync(server)) {
      s3.putObject(r -> r.bucket(BUCKET).key("a/b"), RequestBody.fromString("v"));
      assertThat(s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("a/b")).asUtf8String())
          .isEqualTo("v");
      assertThat(directory).isEmptyDirectory();
    }
    try (var server = S3Server.start(config);
        var s3 = Clients.sync(server)) {
      assertThatThrownBy(() -> s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("a/b")))
          .isInstanceOf(NoSuchKeyException.class);
    }
  }
}

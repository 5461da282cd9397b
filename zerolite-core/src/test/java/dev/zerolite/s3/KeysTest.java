package dev.zerolite.s3;

import static dev.zerolite.s3.TestConfig.BUCKET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Keys that are awkward as file names, and requests that try to leave the directory. */
class KeysTest {
  @TempDir Path temporary;
  private Path directory;
  private S3Server server;
  private S3Client s3;

  @BeforeEach
  void start() throws Exception {
    directory = temporary.resolve("deep/inside/s3");
    server = S3Server.start(TestConfig.in(directory).anonymous(true).build());
    s3 = Clients.sync(server);
  }

  @AfterEach
  void stop() {
    s3.close();
    server.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "with space",
        "plus+plus",
        "ümläut/日本語/🐈.png",
        "a//b",
        "/leading",
        "trailing/",
        "dir/../up",
        "..",
        "./here",
        "100%",
        "%2e%2e/x",
        "q?a=b&c#d",
        "back\\slash",
        "'\"<>&",
        "semi;colon:at@",
        "~tilde*star",
        ".incoming",
        "name%=",
        "name%.json"
      })
  void everyKeyIsAnObjectOfItsOwn(String key) throws Exception {
    s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromString(key));
    s3.putObject(r -> r.bucket(BUCKET).key("other"), RequestBody.fromString("other"));

    assertThat(s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asUtf8String()).isEqualTo(key);
    assertThat(keys()).containsExactlyInAnyOrder(key, "other");
    s3.copyObject(
        r -> r.sourceBucket(BUCKET).sourceKey(key).destinationBucket(BUCKET).destinationKey("c"));
    s3.deleteObject(r -> r.bucket(BUCKET).key(key));
    assertThat(keys()).containsExactlyInAnyOrder("c", "other");
    assertNothingOutside();
  }

  @Test
  void aKeyWhoseAddressClimbsAboveTheBucketIsRefused() throws Exception {
    assertThatThrownBy(
            () ->
                s3.putObject(
                    r -> r.bucket(BUCKET).key("../../outside"), RequestBody.fromString("evil")))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(400));
    assertNothingOutside();
  }

  @Test
  void aKeyOf1024BytesIsOne() throws Exception {
    for (var key : List.of("k".repeat(1024), "ü".repeat(512), "d/".repeat(511) + "ab")) {
      s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromString("v"));
      assertThat(keys()).containsExactly(key);
      s3.deleteObject(r -> r.bucket(BUCKET).key(key));
    }
    assertThat(directory.resolve(BUCKET)).isEmptyDirectory();
  }

  @Test
  void anObjectAndADirectoryMayHaveOneName() throws Exception {
    var keys = List.of("a", "a/b", "a/b/c", "a/");
    for (var key : keys) {
      s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromString(key));
    }
    s3.putObject(r -> r.bucket(BUCKET).key("a"), RequestBody.fromString("again"));

    assertThat(keys()).containsExactly("a", "a/", "a/b", "a/b/c");
    assertThat(s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("a")).asUtf8String())
        .isEqualTo("again");
    for (var key : List.of("a/b", "a/", "a/b/c")) {
      s3.deleteObject(r -> r.bucket(BUCKET).key(key));
    }
    assertThat(keys()).containsExactly("a");
    s3.putObject(r -> r.bucket(BUCKET).key("a"), RequestBody.fromString("third"));
    s3.deleteObject(r -> r.bucket(BUCKET).key("a"));
    assertThat(keys()).isEmpty();
  }

  @Test
  void filesPutThereByHandAreObjects() throws Exception {
    Files.createDirectories(directory.resolve("uploads/seed"));
    Files.writeString(directory.resolve("uploads/seed/hello.txt"), "by hand");

    var head = s3.headObject(r -> r.bucket(BUCKET).key("seed/hello.txt"));

    assertThat(head.eTag()).isEqualTo("\"%s\"".formatted(Clients.md5("by hand")));
    assertThat(head.contentType()).isEqualTo("text/plain");
    Files.writeString(directory.resolve("uploads/seed/hello.txt"), "edited by hand");
    assertThat(s3.headObject(r -> r.bucket(BUCKET).key("seed/hello.txt")).eTag())
        .isEqualTo("\"%s\"".formatted(Clients.md5("edited by hand")));
    assertThat(keys()).containsExactly("seed/hello.txt");
  }

  /** As no SDK would send them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/uploads/../../../escaped",
        "/uploads/%2e%2e/%2e%2e/%2e%2e/escaped",
        "/../escaped",
        "/uploads/..%2f..%2f..%2fescaped",
        "/%2e%2e/escaped",
        "/uploads//../../escaped",
        "/.records/uploads/x",
        "/.incoming/x",
        "/..%5c..%5cescaped",
        "/uploads/%00/escaped",
        "/%2Fetc/escaped",
        "/uploads/..;/..;/escaped"
      })
  void pathsThatClimbStayInside(String path) throws Exception {
    var answer = raw("PUT " + path + " HTTP/1.1", "Content-Length: 4", "evil");

    assertThat(answer).startsWith("HTTP/1.1 ");
    assertNothingOutside();
  }

  @Test
  void bucketsAreNoPaths() {
    for (var name : List.of("..", "...", ".records", ".incoming", "a/b")) {
      assertThatThrownBy(() -> s3.createBucket(r -> r.bucket(name)))
          .isInstanceOfAny(S3Exception.class, RuntimeException.class);
    }
    assertThat(s3.listBuckets().buckets()).extracting("name").containsExactly("public", BUCKET);
  }

  private List<String> keys() {
    return s3.listObjectsV2(r -> r.bucket(BUCKET)).contents().stream().map(S3Object::key).toList();
  }

  private void assertNothingOutside() throws IOException {
    assertThat(temporary.resolve("deep")).isDirectoryContaining("glob:**/inside");
    try (var all = Files.walk(temporary)) {
      assertThat(all)
          .allSatisfy(
              path ->
                  assertThat(path.startsWith(directory) || directory.startsWith(path)).isTrue());
    }
    try (var top = Files.list(directory)) {
      assertThat(top.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder(
              ".lock", ".incoming", ".records", ".uploads", "public", BUCKET);
    }
  }

  private String raw(String requestLine, String header, String body) throws IOException {
    var uri = URI.create(server.url());
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      var request =
          requestLine + "\r\nHost: localhost\r\nConnection: close\r\n" + header + "\r\n\r\n" + body;
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

package dev.zerolite.s3;

import static dev.zerolite.s3.TestConfig.BUCKET;
import static dev.zerolite.s3.TestConfig.PUBLIC_BUCKET;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.config.S3Config;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Who may do what: signatures, presigned URLs, form uploads, public buckets, other origins. */
class AccessTest {
  private static final String ORIGIN = "http://localhost:3000";

  @TempDir Path directory;
  private final HttpClient http = HttpClient.newHttpClient();
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

  @Test
  void aWrongSecretIsRefused() {
    assertRefused(credentials(S3Config.DEFAULT_ACCESS_KEY, "wrong"), "SignatureDoesNotMatch");
    assertRefused(credentials("nobody", "wrong"), "InvalidAccessKeyId");
    assertRefused(AnonymousCredentialsProvider.create(), "AccessDenied");
  }

  private static AwsCredentialsProvider credentials(String key, String secret) {
    return StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret));
  }

  private void assertRefused(AwsCredentialsProvider credentials, String code) {
    try (var other = Clients.builder(server, credentials).build()) {
      assertThatThrownBy(
              () -> other.putObject(r -> r.bucket(BUCKET).key("k"), RequestBody.fromString("text")))
          .isInstanceOfSatisfying(
              S3Exception.class,
              e -> {
                assertThat(e.statusCode()).isEqualTo(403);
                assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code);
              });
      assertThatThrownBy(() -> other.listBuckets()).isInstanceOf(S3Exception.class);
    }
  }

  @Test
  void anonymousMeansNoChecks() throws Exception {
    try (var open = S3Server.start(TestConfig.in(directory.resolve("2")).anonymous(true).build());
        var wrong = Clients.builder(open, credentials("any", "thing")).build();
        var none = Clients.builder(open, AnonymousCredentialsProvider.create()).build()) {
      wrong.putObject(r -> r.bucket(BUCKET).key("k"), RequestBody.fromString("text"));
      assertThat(none.getObjectAsBytes(r -> r.bucket(BUCKET).key("k")).asUtf8String())
          .isEqualTo("text");
      assertThat(send(put(open.url() + "/uploads/plain", "plain")).statusCode()).isEqualTo(200);
      assertThat(send(get(open.url() + "/uploads/plain")).body()).isEqualTo("plain");
    }
  }

  @Test
  void everybodyReadsAPublicBucketAndNobodyElseWritesIt() throws Exception {
    s3.putObject(
        r -> r.bucket(PUBLIC_BUCKET).key("face.svg").contentType("image/svg+xml"),
        RequestBody.fromString("<svg/>"));
    var answer = send(get(server.url() + "/public/face.svg"));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("<svg/>");
    assertThat(answer.headers().firstValue("content-type")).contains("image/svg+xml");
    assertThat(send(put(server.url() + "/public/x", "x")).statusCode()).isEqualTo(403);
    var refused = send(get(server.url() + "/uploads/x"));
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("<Code>AccessDenied</Code>");
    assertThat(send(get(server.url() + "/nowhere/x")).body()).contains("<Code>NoSuchBucket</Code>");
    assertThat(send(get(server.url() + "/public/none")).body()).contains("<Code>NoSuchKey</Code>");
  }

  @Test
  void aPresignedUrlIsEnough() throws Exception {
    try (var presigner = Clients.presigner(server)) {
      var put =
          presigner.presignPutObject(
              r ->
                  r.signatureDuration(Duration.ofMinutes(1))
                      .putObjectRequest(o -> o.bucket(BUCKET).key("a b/ü.txt")));
      var stored = send(put(put.url().toString(), "presigned"));
      assertThat(stored.statusCode()).isEqualTo(200);
      assertThat(stored.headers().firstValue("etag"))
          .contains("\"%s\"".formatted(Clients.md5("presigned")));

      var get =
          presigner.presignGetObject(
              r ->
                  r.signatureDuration(Duration.ofMinutes(1))
                      .getObjectRequest(
                          o ->
                              o.bucket(BUCKET)
                                  .key("a b/ü.txt")
                                  .responseContentDisposition("attachment; filename=\"u.txt\"")));
      var got = send(get(get.url().toString()));
      assertThat(got.body()).isEqualTo("presigned");
      assertThat(got.headers().firstValue("content-disposition"))
          .contains("attachment; filename=\"u.txt\"");

      var other = get.url().toString().replace("a%20b", "a%20c");
      assertThat(send(get(other)).body()).contains("<Code>SignatureDoesNotMatch</Code>");
      assertThat(send(put(get.url().toString(), "no")).statusCode()).isEqualTo(403);
    }
  }

  @Test
  void anExpiredUrlIsRefused() throws Exception {
    var query = new TreeMap<String, String>();
    query.put("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    query.put("X-Amz-Credential", "zerolite%2F20240101%2Fus-east-1%2Fs3%2Faws4_request");
    query.put("X-Amz-Date", "20240101T000000Z");
    query.put("X-Amz-Expires", "60");
    query.put("X-Amz-Signature", "0".repeat(64));
    query.put("X-Amz-SignedHeaders", "host");
    var url = new StringBuilder(server.url() + "/uploads/k?");
    query.forEach((name, value) -> url.append(name).append('=').append(value).append('&'));

    var answer = send(get(url.substring(0, url.length() - 1)));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("<Code>AccessDenied</Code>");
  }

  @Test
  void aFormWithASignedPolicyUploads() throws Exception {
    var fields = policyFields(Instant.now().plusSeconds(60), "forms/");
    var stored = send(form(fields, "forms/mine.txt", "from a form"));

    assertThat(stored.statusCode()).as(stored.body()).isEqualTo(204);
    var got = s3.getObject(r -> r.bucket(BUCKET).key("forms/mine.txt"));
    assertThat(got.response().contentType()).isEqualTo("text/plain");
    assertThat(got).hasContent("from a form");
    assertThat(send(form(fields, "elsewhere/mine.txt", "x")).statusCode()).isEqualTo(403);
    var late = policyFields(Instant.now().minusSeconds(60), "forms/");
    assertThat(send(form(late, "forms/late.txt", "x")).statusCode()).isEqualTo(403);
    fields.put("x-amz-signature", "0".repeat(64));
    assertThat(send(form(fields, "forms/forged.txt", "x")).statusCode()).isEqualTo(403);
  }

  private static Map<String, String> policyFields(Instant expires, String prefix)
      throws GeneralSecurityException {
    var now = Instant.now().atOffset(ZoneOffset.UTC);
    var day = now.format(DateTimeFormatter.ofPattern("yyyyMMdd"));
    var time = now.format(DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'"));
    var credential = "zerolite/%s/us-east-1/s3/aws4_request".formatted(day);
    var policy =
        """
        {"expiration": "%s", "conditions": [{"bucket": "uploads"}, ["starts-with", "$key", "%s"],
          ["starts-with", "$Content-Type", "text/"], ["content-length-range", 1, 1000],
          {"x-amz-algorithm": "AWS4-HMAC-SHA256"}, {"x-amz-credential": "%s"},
          {"x-amz-date": "%s"}]}"""
            .formatted(expires, prefix, credential, time);
    var encoded = Base64.getEncoder().encodeToString(policy.getBytes(UTF_8));
    byte[] key = ("AWS4" + S3Config.DEFAULT_SECRET_KEY).getBytes(UTF_8);
    for (var part : List.of(day, "us-east-1", "s3", "aws4_request")) {
      key = hmac(key, part);
    }
    var fields = new TreeMap<String, String>();
    fields.put("Content-Type", "text/plain");
    fields.put("policy", encoded);
    fields.put("x-amz-algorithm", "AWS4-HMAC-SHA256");
    fields.put("x-amz-credential", credential);
    fields.put("x-amz-date", time);
    fields.put("x-amz-signature", HexFormat.of().formatHex(hmac(key, encoded)));
    return fields;
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(UTF_8));
  }

  private HttpRequest.Builder form(Map<String, String> fields, String key, String content) {
    var body = new ByteArrayOutputStream();
    var all = new TreeMap<>(fields);
    all.put("key", key);
    all.forEach((name, value) -> field(body, "name=\"" + name + "\"", value));
    field(body, "name=\"file\"; filename=\"mine.txt\"\r\nContent-Type: text/plain", content);
    body.writeBytes("--boundary--\r\n".getBytes(UTF_8));
    return HttpRequest.newBuilder(URI.create(server.url() + "/uploads"))
        .header("Content-Type", "multipart/form-data; boundary=boundary")
        .POST(BodyPublishers.ofByteArray(body.toByteArray()));
  }

  private static void field(ByteArrayOutputStream body, String disposition, String value) {
    var part =
        "--boundary\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
            .formatted(disposition, value);
    body.writeBytes(part.getBytes(UTF_8));
  }

  @Test
  void pagesOfThisMachineMayCallAndOthersMayNot() throws Exception {
    var url = server.url() + "/uploads/k";
    var preflight = send(preflight(url, ORIGIN));

    assertThat(preflight.statusCode()).isEqualTo(200);
    assertThat(preflight.headers().firstValue("access-control-allow-origin")).contains(ORIGIN);
    assertThat(preflight.headers().firstValue("access-control-allow-methods").orElse(""))
        .contains("PUT");
    assertThat(preflight.headers().firstValue("access-control-allow-headers").orElse(""))
        .contains("content-type");
    var strange = send(preflight(url, "https://evil.example"));
    assertThat(strange.statusCode()).isEqualTo(403);
    assertThat(strange.headers().firstValue("access-control-allow-origin")).isEmpty();
    s3.putObject(r -> r.bucket(PUBLIC_BUCKET).key("k"), RequestBody.fromString("v"));
    var got = send(get(server.url() + "/public/k").header("Origin", ORIGIN));
    assertThat(got.headers().firstValue("access-control-allow-origin")).contains(ORIGIN);
    assertThat(got.headers().firstValue("access-control-expose-headers").orElse("")).contains("*");
    // A page that may not see why it was refused blames CORS.
    var refused = send(get(server.url() + "/uploads/k").header("Origin", ORIGIN));
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.headers().firstValue("access-control-allow-origin")).contains(ORIGIN);
  }

  @Test
  void originsCanBeConfigured() throws Exception {
    var config =
        TestConfig.in(directory.resolve("2")).corsOrigins(List.of("https://*.example.com"));
    try (var other = S3Server.start(config.build())) {
      var url = other.url() + "/uploads/k";
      assertThat(send(preflight(url, "https://app.example.com")).statusCode()).isEqualTo(200);
      assertThat(send(preflight(url, "https://app.example.com.evil.net")).statusCode())
          .isEqualTo(403);
      assertThat(send(preflight(url, ORIGIN)).statusCode()).isEqualTo(403);
    }
  }

  private static HttpRequest.Builder preflight(String url, String origin) {
    return HttpRequest.newBuilder(URI.create(url))
        .method("OPTIONS", BodyPublishers.noBody())
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "PUT")
        .header("Access-Control-Request-Headers", "content-type,x-amz-meta-a");
  }

  @Test
  void aHostMayNameTheBucket() throws Exception {
    s3.putObject(r -> r.bucket(PUBLIC_BUCKET).key("k"), RequestBody.fromString("v"));

    for (var host : List.of("public.localhost", "public.s3.localhost")) {
      assertThat(getWithHost(host, "/k")).startsWith("HTTP/1.1 200").endsWith("v");
    }
    for (var host : List.of("localhost", "127.0.0.1", "[::1]", "s3.localhost", "minio")) {
      assertThat(getWithHost(host, "/public/k")).startsWith("HTTP/1.1 200").endsWith("v");
    }
  }

  private String getWithHost(String host, String path) throws IOException {
    var uri = URI.create(server.url());
    try (var socket = new Socket(uri.getHost(), uri.getPort())) {
      var request =
          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n"
              .formatted(path, host, uri.getPort());
      socket.getOutputStream().write(request.getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @Test
  void aBusyPortIsNamed() throws Exception {
    try (var taken = new ServerSocket(0)) {
      var config = TestConfig.in(directory.resolve("2")).port(taken.getLocalPort()).build();
      assertThatThrownBy(() -> S3Server.start(config))
          .isInstanceOf(BindException.class)
          .hasMessageContaining("Port " + taken.getLocalPort())
          .hasMessageContaining("--s3-port");
    }
  }

  private static HttpRequest.Builder get(String url) {
    return HttpRequest.newBuilder(URI.create(url));
  }

  private static HttpRequest.Builder put(String url, String text) {
    return HttpRequest.newBuilder(URI.create(url)).PUT(BodyPublishers.ofString(text));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString());
  }
}

package dev.zerolite.s3;

import static dev.zerolite.s3.TestConfig.BUCKET;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.zerolite.config.S3Config;
import dev.zerolite.testing.ClientProgram;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The AWS SDK for JavaScript in Node.js, and a page in a browser. */
@Timeout(300)
class JavaScriptTest {
  private static final Path PROGRAM = Path.of("src/test/resources/s3/node").toAbsolutePath();

  @TempDir Path directory;
  private S3Server server;

  @BeforeEach
  void start() throws Exception {
    server = S3Server.start(TestConfig.in(directory.resolve("s3")).build());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theSdkForJavaScriptDoesAllItCan() throws Exception {
    var packages = packages();
    Files.copy(PROGRAM.resolve("sdk.mjs"), directory.resolve("sdk.mjs"));
    Files.createSymbolicLink(directory.resolve("node_modules"), packages.resolve("node_modules"));

    var result =
        ClientProgram.find("node", "nodejs")
            .run(
                directory,
                Map.of(
                    "S3_ENDPOINT",
                    server.url(),
                    "S3_REGION",
                    "us-east-1",
                    "S3_BUCKET",
                    BUCKET,
                    "S3_ACCESS_KEY_ID",
                    S3Config.DEFAULT_ACCESS_KEY,
                    "S3_SECRET_ACCESS_KEY",
                    S3Config.DEFAULT_SECRET_KEY),
                Duration.ofMinutes(2),
                List.of("sdk.mjs"));

    assertThat(result.exitCode()).as(result.stdout() + result.stderr()).isZero();
    assertThat(result.stdout().lines()).hasSize(7);
  }

  /** Installed once per lock file, aside and renamed. */
  private static Path packages()
      throws IOException, InterruptedException, GeneralSecurityException {
    var lock = Files.readAllBytes(PROGRAM.resolve("package-lock.json"));
    var name = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(lock), 0, 8);
    var cache = Path.of(System.getProperty("user.home"), ".cache", "zerolite", "s3-tests");
    var installed = cache.resolve(name);
    if (Files.isDirectory(installed)) {
      return installed;
    }
    Files.createDirectories(cache);
    var aside = Files.createTempDirectory(cache, "installing-");
    for (var file : List.of("package.json", "package-lock.json")) {
      Files.copy(PROGRAM.resolve(file), aside.resolve(file));
    }
    var npm =
        ClientProgram.find("npm", "npm")
            .run(aside, Map.of(), Duration.ofMinutes(4), List.of("ci", "--no-fund", "--no-audit"));
    assertThat(npm.exitCode()).as(npm.stderr()).isZero();
    try {
      Files.move(aside, installed, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      // Another build was faster; its packages are the same.
      assertThat(installed).isDirectory();
    }
    return installed;
  }

  @Test
  void aPageUploadsThroughAPresignedUrl() throws Exception {
    assertThat(Path.of("/usr/bin/chromium")).as("install Debian's package chromium").isExecutable();
    var told = new CompletableFuture<String>();
    var pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try (var presigner = Clients.presigner(server)) {
      var url =
          presigner
              .presignPutObject(
                  r ->
                      r.signatureDuration(Duration.ofMinutes(5))
                          .putObjectRequest(
                              o -> o.bucket(BUCKET).key("from page.txt").contentType("text/plain")))
              .url();
      var get =
          presigner
              .presignGetObject(
                  r ->
                      r.signatureDuration(Duration.ofMinutes(5))
                          .getObjectRequest(o -> o.bucket(BUCKET).key("from page.txt")))
              .url();
      var page =
          """
          <script type="module">
          const tell = text => fetch('/told', { method: 'POST', body: text })
          try {
            const put = await fetch('%s', { method: 'PUT', body: new Blob(['browser']), headers: { 'content-type': 'text/plain' } })
            const got = await (await fetch('%s')).text()
            await tell([put.status, put.headers.get('etag'), got].join(' '))
          } catch (e) {
            await tell(String(e))
          }
          </script>
          """
              .formatted(url, get);
      pages.createContext(
          "/",
          exchange -> {
            if (exchange.getRequestURI().getPath().equals("/told")) {
              told.complete(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            }
            exchange.getResponseHeaders().set("Content-Type", "text/html");
            var body = page.getBytes(UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      pages.start();
      var browser =
          new ProcessBuilder(
                  "/usr/bin/chromium",
                  "--headless",
                  "--no-sandbox",
                  "--disable-gpu",
                  "--user-data-dir=" + directory.resolve("browser"),
                  "--remote-debugging-port=0",
                  "http://localhost:" + pages.getAddress().getPort() + "/")
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("browser.log").toFile())
              .start();
      try {
        assertThat(told.get(60, TimeUnit.SECONDS))
            .isEqualTo("200 \"%s\" browser".formatted(Clients.md5("browser")));
      } finally {
        browser.descendants().forEach(ProcessHandle::destroyForcibly);
        browser.destroyForcibly().waitFor();
      }
    } finally {
      pages.stop(0);
    }
  }
}

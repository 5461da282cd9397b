package dev.zerolite.s3;

import static dev.zerolite.s3.TestConfig.BUCKET;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/** Large bodies and many clients. {@code -Dzerolite.s3.big=2048} makes the large file 2 GiB. */
@Timeout(300)
class TransferTest {
  private static final long BIG = Long.getLong("zerolite.s3.big", 64) << 20;
  private static final int CLIENTS = 64;

  @TempDir Path directory;
  private Path files;
  private S3Server server;

  @BeforeEach
  void start() throws Exception {
    files = Files.createDirectories(directory.resolve("files"));
    server = S3Server.start(TestConfig.in(directory.resolve("s3")).build());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path randomFile(long size) throws IOException {
    var file = files.resolve("source");
    var random = new Random(size);
    var block = new byte[1 << 20];
    try (var out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (long left = size; left > 0; left -= block.length) {
        random.nextBytes(block);
        out.write(ByteBuffer.wrap(block, 0, (int) Math.min(left, block.length)));
      }
    }
    return file;
  }

  @Test
  void aLargeFileGoesInOnePieceAndComesBack() throws Exception {
    var source = randomFile(BIG);
    try (var s3 = Clients.sync(server)) {
      s3.putObject(r -> r.bucket(BUCKET).key("big"), RequestBody.fromFile(source));
      s3.getObject(r -> r.bucket(BUCKET).key("big"), files.resolve("back"));
    }
    assertThat(Files.mismatch(source, files.resolve("back"))).isEqualTo(-1);
  }

  @Test
  void theTransferManagerSendsPartsAndPutsThemTogether() throws Exception {
    var source = randomFile(BIG);
    try (var s3 = Clients.async(server);
        var transfers = S3TransferManager.builder().s3Client(s3).build()) {
      var put =
          transfers
              .uploadFile(r -> r.putObjectRequest(p -> p.bucket(BUCKET).key("big")).source(source))
              .completionFuture()
              .get(250, TimeUnit.SECONDS);
      assertThat(put.response().eTag()).contains("-");
      transfers
          .downloadFile(
              r ->
                  r.getObjectRequest(g -> g.bucket(BUCKET).key("big"))
                      .destination(files.resolve("back")))
          .completionFuture()
          .get(250, TimeUnit.SECONDS);
    }
    assertThat(Files.mismatch(source, files.resolve("back"))).isEqualTo(-1);
    assertThat(directory.resolve("s3/.uploads")).isEmptyDirectory();
    assertThat(directory.resolve("s3/.incoming")).isEmptyDirectory();
  }

  @Test
  void theAsyncClientWorks() throws Exception {
    try (var s3 = Clients.async(server)) {
      s3.putObject(r -> r.bucket(BUCKET).key("small"), AsyncRequestBody.fromString("async"))
          .get(20, TimeUnit.SECONDS);
      var got =
          s3.getObject(r -> r.bucket(BUCKET).key("small"), AsyncResponseTransformer.toBytes())
              .get(20, TimeUnit.SECONDS);
      assertThat(got.asUtf8String()).isEqualTo("async");
    }
  }

  @Test
  void manyClientsAtOnce() throws Exception {
    var threads = Executors.newFixedThreadPool(CLIENTS);
    try (var s3 = Clients.sync(server)) {
      var done = new ArrayList<Future<?>>();
      for (int client = 0; client < CLIENTS; client++) {
        var name = "client " + client;
        done.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < 10; round++) {
                    var key = name + "/" + round;
                    var text = key.repeat(1000);
                    s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromString(text));
                    s3.putObject(r -> r.bucket(BUCKET).key("shared"), RequestBody.fromString(text));
                    assertThat(s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asUtf8String())
                        .isEqualTo(text);
                    // Somebody's, but whole: bytes and headers of one upload.
                    var shared = s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("shared"));
                    assertThat(shared.response().eTag())
                        .isEqualTo("\"%s\"".formatted(Clients.md5(shared.asUtf8String())));
                  }
                }));
      }
      for (var client : done) {
        client.get(200, TimeUnit.SECONDS);
      }
      assertThat(s3.listObjectsV2(r -> r.bucket(BUCKET)).keyCount()).isEqualTo(CLIENTS * 10 + 1);
    } finally {
      threads.shutdownNow();
    }
  }
}

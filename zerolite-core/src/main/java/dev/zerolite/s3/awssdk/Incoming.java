package dev.zerolite.s3.awssdk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;
import java.util.zip.CRC32;
import org.gaul.s3proxy.S3ErrorCode;
import org.gaul.s3proxy.S3ProxyException;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way in: they are gathered in a directory of their own, outside every bucket, so
 * that an upload that breaks off leaves nothing where objects are.
 */
final class Incoming {
  private static final int BUFFER = 1 << 16;

  private final Path directory;

  /** What an earlier process left half-done is removed. */
  Incoming(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    try (var leftovers = Files.newDirectoryStream(directory)) {
      for (var leftover : leftovers) {
        Files.deleteIfExists(leftover);
      }
    }
  }

  /**
   * Bytes that arrived complete.
   *
   * @param file where they are; the caller moves it away, or deletes it
   * @param md5 in hexadecimal
   * @param crc32 in base64, as the S3 protocol writes it
   */
  record Body(Path file, long size, String md5, String crc32) {}

  Path newFile() {
    return directory.resolve(UUID.randomUUID().toString());
  }

  /**
   * Takes in a request's body.
   *
   * @param length what the client announced, if it did
   * @param contentMd5 what the client says the bytes' MD5 is, in base64, if it does
   */
  Body receive(InputStream in, @Nullable Long length, @Nullable String contentMd5)
      throws IOException {
    var file = newFile();
    boolean complete = false;
    try (in;
        var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var md5 = newMd5();
      var crc32 = new CRC32();
      long size = copy(in, out, md5, crc32);
      if (length != null && size != length) {
        throw new S3ProxyException(
            S3ErrorCode.INVALID_REQUEST,
            "The request announced %d bytes and brought %d.".formatted(length, size));
      }
      byte[] digest = md5.digest();
      if (contentMd5 != null
          && !MessageDigest.isEqual(digest, Base64.getDecoder().decode(contentMd5))) {
        throw new S3ProxyException(S3ErrorCode.BAD_DIGEST);
      }
      complete = true;
      return new Body(file, size, HexFormat.of().formatHex(digest), base64(crc32));
    } finally {
      if (!complete) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static long copy(InputStream in, FileChannel out, MessageDigest md5, CRC32 crc32)
      throws IOException {
    var buffer = new byte[BUFFER];
    long size = 0;
    for (int count; (count = in.read(buffer)) >= 0; size += count) {
      md5.update(buffer, 0, count);
      crc32.update(buffer, 0, count);
      var bytes = ByteBuffer.wrap(buffer, 0, count);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    }
    return size;
  }

  private static String base64(CRC32 crc32) {
    var bytes = ByteBuffer.allocate(Integer.BYTES).putInt((int) crc32.getValue()).array();
    return Base64.getEncoder().encodeToString(bytes);
  }

  static MessageDigest newMd5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5", e);
    }
  }

  /** The MD5 in hexadecimal of a file that is already there. */
  static String md5Of(Path file) throws IOException {
    var md5 = newMd5();
    try (var in = Files.newInputStream(file)) {
      var buffer = new byte[BUFFER];
      for (int count; (count = in.read(buffer)) >= 0; ) {
        md5.update(buffer, 0, count);
      }
    }
    return HexFormat.of().formatHex(md5.digest());
  }
}

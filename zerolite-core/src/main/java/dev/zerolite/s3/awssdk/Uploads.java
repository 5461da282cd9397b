package dev.zerolite.s3.awssdk;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.gaul.s3proxy.S3ErrorCode;
import org.gaul.s3proxy.S3ProxyException;
import org.jspecify.annotations.Nullable;

/**
 * Multipart uploads under way: a directory each, with a file that says what it will become and a
 * file {@code number.md5} per part. They survive a restart, as they do in S3.
 */
final class Uploads {
  private static final String UPLOAD = "upload.json";
  private static final int REMEMBERED = 1000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final Incoming incoming;
  // A client that lost the answer completes again; ids that were completed are told from unknown
  // ones.
  private final Set<String> completed = Collections.synchronizedSet(new LinkedHashSet<>());

  Uploads(Path directory, Incoming incoming) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.incoming = incoming;
  }

  /** What an upload will become. */
  record Upload(
      String bucket,
      String key,
      long initiated,
      ObjectRecord.Headers headers,
      Map<String, String> metadata,
      boolean publicRead) {}

  /** A part that has arrived; {@code md5} in hexadecimal. */
  record Part(int number, String md5, Path file, long size, long modified) {}

  String begin(Upload upload) throws IOException {
    var id = UUID.randomUUID().toString();
    var prepared = Files.write(incoming.newFile(), JSON.writeValueAsBytes(upload));
    Files.createDirectory(directory.resolve(id));
    Files.move(prepared, directory.resolve(id).resolve(UPLOAD), StandardCopyOption.ATOMIC_MOVE);
    return id;
  }

  Upload get(String id, String bucket, String key) throws IOException {
    return read(id)
        .filter(upload -> upload.bucket().equals(bucket) && upload.key().equals(key))
        .orElseThrow(Uploads::noSuchUpload);
  }

  boolean wasCompleted(String id) {
    return completed.contains(id);
  }

  private static S3ProxyException noSuchUpload() {
    return new S3ProxyException(
        S3ErrorCode.NO_SUCH_UPLOAD,
        "The upload does not exist: it was completed or aborted, or its id is wrong.");
  }

  private Optional<Upload> read(String id) throws IOException {
    // A request's id becomes a path only if it is one of ours.
    if (!id.matches("[0-9a-f-]{36}")) {
      return Optional.empty();
    }
    try {
      var json = Files.readAllBytes(directory.resolve(id).resolve(UPLOAD));
      return Optional.of(JSON.readValue(json, Upload.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Uploads under way into a bucket, by their ids. */
  Map<String, Upload> of(String bucket) throws IOException {
    var uploads = new TreeMap<String, Upload>();
    try (var ids = Files.newDirectoryStream(directory)) {
      for (var id : ids) {
        var name = id.getFileName().toString();
        read(name)
            .filter(upload -> upload.bucket().equals(bucket))
            .ifPresent(upload -> uploads.put(name, upload));
      }
    }
    return uploads;
  }

  /** Takes a part in; one of the same number is replaced. */
  String put(
      String id, int number, InputStream in, @Nullable Long length, @Nullable String contentMd5)
      throws IOException {
    var body = incoming.receive(in, length, contentMd5);
    var parts = directory.resolve(id);
    var file = parts.resolve("%05d.%s".formatted(number, body.md5()));
    try {
      Files.move(
          body.file(), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (NoSuchFileException abortedMeanwhile) {
      throw noSuchUpload();
    } finally {
      Files.deleteIfExists(body.file());
    }
    try (var older = Files.newDirectoryStream(parts, "%05d.*".formatted(number))) {
      for (var part : older) {
        if (!part.equals(file)) {
          Files.deleteIfExists(part);
        }
      }
    }
    return body.md5();
  }

  /** The parts in the order of their numbers. */
  List<Part> parts(String id) throws IOException {
    var parts = new TreeMap<Integer, Part>();
    DirectoryStream.Filter<Path> isPart = file -> !file.getFileName().toString().equals(UPLOAD);
    try (var files = Files.newDirectoryStream(directory.resolve(id), isPart)) {
      for (var file : files) {
        var name = file.getFileName().toString();
        int dot = name.indexOf('.');
        int number = Integer.parseInt(name.substring(0, dot));
        var modified = Files.getLastModifiedTime(file).toMillis();
        var part = new Part(number, name.substring(dot + 1), file, Files.size(file), modified);
        // Two of one number are there only while the older one is being replaced.
        parts.merge(number, part, (a, b) -> a.modified() > b.modified() ? a : b);
      }
    } catch (NoSuchFileException endedMeanwhile) {
      throw noSuchUpload();
    }
    return new ArrayList<>(parts.values());
  }

  /** The parts' bytes in one new file. */
  Path join(List<Part> parts) throws IOException {
    var file = incoming.newFile();
    boolean complete = false;
    try (var out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (var part : parts) {
        try (var in = FileChannel.open(part.file(), StandardOpenOption.READ)) {
          for (long done = 0; done < part.size(); ) {
            long count = in.transferTo(done, part.size() - done, out);
            if (count <= 0) {
              throw new IOException("part " + part.number() + " ended early");
            }
            done += count;
          }
        }
      }
      complete = true;
      return file;
    } finally {
      if (!complete) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** S3's ETag of an object made of parts: the MD5 of their MD5s, and how many they are. */
  static String etag(List<Part> parts) {
    var md5 = Incoming.newMd5();
    parts.forEach(part -> md5.update(HexFormat.of().parseHex(part.md5())));
    return HexFormat.of().formatHex(md5.digest()) + "-" + parts.size();
  }

  void completed(String id) throws IOException {
    synchronized (completed) {
      completed.add(id);
      if (completed.size() > REMEMBERED) {
        completed.remove(completed.iterator().next());
      }
    }
    remove(id);
  }

  void remove(String id) throws IOException {
    var upload = directory.resolve(id);
    // First what makes it an upload, so that no half-removed one is seen.
    Files.deleteIfExists(upload.resolve(UPLOAD));
    try (var files = Files.newDirectoryStream(upload)) {
      for (var file : files) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      return;
    }
    Files.deleteIfExists(upload);
  }
}

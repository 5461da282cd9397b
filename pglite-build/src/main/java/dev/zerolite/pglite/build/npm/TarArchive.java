package dev.zerolite.pglite.build.npm;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads tar archives as npm writes them (POSIX.1-2001 ustar, "pax" extension): regular files only.
 */
final class TarArchive {
  private static final int BLOCK = 512;

  private TarArchive() {}

  /** All regular files whose path has the prefix, by the rest of their path. */
  static Map<String, byte[]> read(InputStream in, String prefix) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    String extendedPath = null;
    while (true) {
      byte[] header = in.readNBytes(BLOCK);
      if (header.length < BLOCK || header[0] == 0) {
        return files; // two zero blocks end an archive
      }
      int size = Integer.parseInt(field(header, 124, 12).strip(), 8);
      byte[] content = in.readNBytes(size);
      if (content.length < size) {
        throw new EOFException("the archive ends within a file");
      }
      in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
      switch (header[156]) {
        case 'x' -> extendedPath = paxPath(content);
        case '0', 0 -> {
          String path = extendedPath == null ? ustarPath(header) : extendedPath;
          extendedPath = null;
          if (path.startsWith(prefix)) {
            files.put(path.substring(prefix.length()), content);
          }
        }
        default -> extendedPath = null; // directories, links, global headers
      }
    }
  }

  private static String ustarPath(byte[] header) {
    String directory = field(header, 345, 155);
    String name = field(header, 0, 100);
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  /** The records are "length key=value\n". */
  private static String paxPath(byte[] records) {
    for (String record : new String(records, StandardCharsets.UTF_8).split("\n")) {
      int key = record.indexOf(' ') + 1;
      if (record.startsWith("path=", key)) {
        return record.substring(key + "path=".length());
      }
    }
    return null;
  }

  private static String field(byte[] header, int offset, int length) {
    int end = offset;
    while (end < offset + length && header[end] != 0) {
      end++;
    }
    return new String(header, offset, end - offset, StandardCharsets.UTF_8);
  }
}

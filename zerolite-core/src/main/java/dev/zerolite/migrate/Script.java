package dev.zerolite.migrate;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file of SQL as PostgreSQL gets it.
 *
 * @param file where it came from
 * @param sql its text, without a byte order mark and with \n as line end, so that a checkout with
 *     other line ends has the same checksum
 */
record Script(Path file, String sql) {
  static Script read(Path file) throws MigrationException {
    try {
      var text = Files.readString(file, StandardCharsets.UTF_8);
      if (text.startsWith("\uFEFF")) {
        text = text.substring(1);
      }
      return new Script(file, text.replace("\r\n", "\n"));
    } catch (CharacterCodingException e) {
      throw new MigrationException(file + " is not UTF-8; save it as UTF-8", e);
    } catch (IOException e) {
      throw new MigrationException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  String name() {
    return file.getFileName().toString();
  }

  String checksum() {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(sql.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * The place that an error position names.
   *
   * @param position counts characters, not bytes and not UTF-16 units, from 1: the field 'P' of an
   *     ErrorResponse (protocol-error-fields)
   */
  Place placeOf(int position) {
    int characters = sql.codePointCount(0, sql.length());
    int offset = sql.offsetByCodePoints(0, Math.min(Math.max(position, 1) - 1, characters));
    int lineStart = sql.lastIndexOf('\n', offset - 1) + 1;
    int lineEnd = sql.indexOf('\n', offset);
    if (lineEnd < 0) {
      lineEnd = sql.length();
    }
    int line = 1 + (int) sql.substring(0, offset).chars().filter(c -> c == '\n').count();
    return new Place(line, offset - lineStart, sql.substring(lineStart, lineEnd));
  }

  /**
   * A place in the file.
   *
   * @param line from 1
   * @param column from 0, in UTF-16 units of {@code text}
   * @param text the whole line
   */
  record Place(int line, int column, String text) {
    /** The line with a mark below the place; tabs stay tabs, so that the mark stands right. */
    String shown() {
      var indent = text.substring(0, column).replaceAll("[^\t]", " ");
      return "  " + text + "\n  " + indent + "^";
    }
  }
}

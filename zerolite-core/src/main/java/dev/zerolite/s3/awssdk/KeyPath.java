package dev.zerolite.s3.awssdk;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Object keys as relative paths that a person can read: {@code photos/cat.jpg} is {@code
 * photos/cat.jpg}. What no file name can be is escaped with a percent sign, so that every key has
 * one path, no two keys share one, and no path leads out of its bucket:
 *
 * <ul>
 *   <li>{@code %}, control characters, {@code \}, and all of {@code .} and {@code ..}: {@code %XX};
 *       other characters too where the platform's file names cannot hold them;
 *   <li>nothing between two slashes, or after the last one: {@code %};
 *   <li>more than {@value #LONGEST} bytes between slashes: several directories, all but the last
 *       with {@code %+} at their ends.
 * </ul>
 */
final class KeyPath {
  // NAME_MAX is 255 bytes on all file systems of interest; suffixes need some of them.
  static final int LONGEST = 200;

  /** Ends a directory's name when the key's part goes on in the next one. */
  static final String CONTINUED = "%+";

  private static final String EMPTY = "%";

  private KeyPath() {}

  /** The file names from the bucket's directory down; never empty for a key that is not. */
  static List<String> names(String key) {
    var names = new ArrayList<String>();
    var encoder = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")).newEncoder();
    for (var part : key.split("/", -1)) {
      addNames(part, encoder, names);
    }
    return names;
  }

  private static void addNames(String part, CharsetEncoder platform, List<String> names) {
    if (part.isEmpty()) {
      names.add(EMPTY);
      return;
    }
    var name = new StringBuilder();
    int length = 0;
    for (int i = 0; i < part.length(); ) {
      int codePoint = part.codePointAt(i);
      i += Character.charCount(codePoint);
      var character = Character.toString(codePoint);
      boolean plain =
          codePoint != '%'
              && codePoint != '\\'
              && !Character.isISOControl(codePoint)
              && platform.canEncode(character);
      var encoded = plain ? character : escaped(character);
      int bytes = encoded.getBytes(StandardCharsets.UTF_8).length;
      if (length + bytes > LONGEST) {
        names.add(name + CONTINUED);
        name.setLength(0);
        length = 0;
      }
      name.append(encoded);
      length += bytes;
    }
    // Also what is left of a long part may be these two.
    var last = name.toString();
    names.add(last.equals(".") || last.equals("..") ? escaped(last) : last);
  }

  private static String escaped(String character) {
    var escaped = new StringBuilder();
    for (byte b : character.getBytes(StandardCharsets.UTF_8)) {
      escaped.append("%%%02X".formatted(b & 0xff));
    }
    return escaped.toString();
  }

  /** Whether a directory's name is the begin of a part that goes on below. */
  static boolean isContinued(String name) {
    return name.endsWith(CONTINUED);
  }

  /** The key's part that a file name stands for; without {@link #CONTINUED}. */
  static String part(String name) {
    if (name.equals(EMPTY)) {
      return "";
    }
    if (name.indexOf('%') < 0) {
      return name;
    }
    var bytes = new ByteArrayOutputStream(name.length());
    int end = isContinued(name) ? name.length() - CONTINUED.length() : name.length();
    for (int i = 0; i < end; ) {
      char c = name.charAt(i);
      int high = c == '%' && i + 2 < end ? Character.digit(name.charAt(i + 1), 16) : -1;
      int low = high >= 0 ? Character.digit(name.charAt(i + 2), 16) : -1;
      if (low >= 0) {
        bytes.write(high << 4 | low);
        i += 3;
      } else {
        int codePoint = name.codePointAt(i);
        bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
        i += Character.charCount(codePoint);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}

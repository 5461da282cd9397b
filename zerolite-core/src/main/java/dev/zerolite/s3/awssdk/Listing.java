package dev.zerolite.s3.awssdk;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * One page of a bucket's keys in the order of their UTF-8 bytes. Only directories that can hold
 * keys of the page are read, and never more than a page of names is held.
 */
final class Listing {
  /** The order of UTF-8, which is that of code points; UTF-16 has surrogates below U+E000. */
  static final Comparator<String> ORDER =
      (one, other) -> {
        int length = Math.min(one.length(), other.length());
        for (int i = 0; i < length; i++) {
          char a = one.charAt(i);
          char b = other.charAt(i);
          if (a != b) {
            boolean surrogate = Character.isSurrogate(a);
            return surrogate != Character.isSurrogate(b) ? (surrogate ? 1 : -1) : a - b;
          }
        }
        return one.length() - other.length();
      };

  /**
   * A line of a page.
   *
   * @param name a key, or what keys have in common up to the delimiter
   */
  record Entry(String name, boolean isPrefix) {}

  record Page(List<Entry> entries, boolean isTruncated) {}

  private final String prefix;
  private final String delimiter;
  private final String after;
  private final int limit;
  // One more than the page, to know whether there is a next one.
  private final TreeSet<Entry> entries =
      new TreeSet<>(Comparator.comparing(Entry::name, ORDER).thenComparing(Entry::isPrefix));

  private Listing(String prefix, String delimiter, String after, int limit) {
    this.prefix = prefix;
    this.delimiter = delimiter;
    this.after = after;
    this.limit = limit;
  }

  /**
   * Lists a bucket.
   *
   * @param delimiter empty for none
   * @param after the last name of the page before, or empty
   */
  static Page page(Path bucket, String prefix, String delimiter, String after, int limit)
      throws IOException {
    var listing = new Listing(prefix, delimiter, after, limit);
    if (limit > 0) {
      listing.walk(bucket, "");
    }
    boolean truncated = listing.entries.size() > limit;
    if (truncated) {
      listing.entries.pollLast();
    }
    return new Page(List.copyOf(listing.entries), truncated);
  }

  /** Adds what is in a directory, whose keys all begin with {@code path}. */
  private void walk(Path directory, String path) throws IOException {
    try (var files = Files.newDirectoryStream(directory)) {
      for (var file : files) {
        var name = file.getFileName().toString();
        var part = path + KeyPath.part(withoutSuffix(name));
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          var below = KeyPath.isContinued(name) ? part : part + "/";
          if (mayHold(below)) {
            walk(file, below);
          }
        } else if (part.startsWith(prefix)) {
          add(part);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (NoSuchFileException | NotDirectoryException removedMeanwhile) {
      // Its objects went with it.
    }
  }

  private static String withoutSuffix(String name) {
    return name.endsWith(ObjectFiles.BESIDE_DIRECTORY)
        ? name.substring(0, name.length() - ObjectFiles.BESIDE_DIRECTORY.length())
        : name;
  }

  /** Whether keys that begin with {@code path} can be on the page. */
  private boolean mayHold(String path) {
    if (!path.startsWith(prefix) && !prefix.startsWith(path)) {
      return false;
    }
    if (!after.startsWith(path) && ORDER.compare(path, after) < 0) {
      return false;
    }
    // The names so far are already a page, and all below come after it.
    if (entries.size() > limit && ORDER.compare(path, entries.last().name()) > 0) {
      return false;
    }
    var common = commonPrefix(path);
    return common == null || !common.equals(after) && !entries.contains(new Entry(common, true));
  }

  private void add(String key) {
    var common = commonPrefix(key);
    var entry = common == null ? new Entry(key, false) : new Entry(common, true);
    if (ORDER.compare(key, after) <= 0 || entry.name().equals(after)) {
      return;
    }
    entries.add(entry);
    if (entries.size() > limit + 1) {
      entries.pollLast();
    }
  }

  private String commonPrefix(String key) {
    if (delimiter.isEmpty() || !key.startsWith(prefix)) {
      return null;
    }
    int end = key.indexOf(delimiter, prefix.length());
    return end < 0 ? null : key.substring(0, end + delimiter.length());
  }
}

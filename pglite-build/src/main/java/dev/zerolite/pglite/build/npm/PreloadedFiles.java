package dev.zerolite.pglite.build.npm;

import dev.zerolite.pglite.build.BuildException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files that emscripten's file packager put into {@code pglite.data}; the index is part of the
 * loader script {@code pglite.js}.
 *
 * @param directories absolute paths
 * @param files contents by absolute path
 */
public record PreloadedFiles(SortedSet<String> directories, Map<String, byte[]> files) {
  private static final Pattern FILE =
      Pattern.compile(
          "\\{filename:\"(?<name>[^\"\\\\]+)\",(?:audio:\\d+,)?start:(?<start>\\d+),end:(?<end>\\d+)");
  private static final Pattern DIRECTORY =
      Pattern.compile("\\[\"FS_createPath\"]\\(\"(?<parent>[^\"\\\\]+)\",\"(?<name>[^\"\\\\]+)\"");
  private static final Pattern TOTAL = Pattern.compile("remote_package_size:(\\d+)");

  /** Takes data apart by the index in the script. */
  public static PreloadedFiles read(byte[] script, byte[] data) {
    String text = new String(script, StandardCharsets.UTF_8);
    Map<String, byte[]> files = new TreeMap<>();
    int covered = 0;
    for (Matcher file = FILE.matcher(text); file.find(); ) {
      int start = Integer.parseInt(file.group("start"));
      int end = Integer.parseInt(file.group("end"));
      if (start != covered || end > data.length) {
        throw unknown();
      }
      files.put(file.group("name"), Arrays.copyOfRange(data, start, end));
      covered = end;
    }
    Matcher total = TOTAL.matcher(text);
    if (files.isEmpty() || !total.find() || Integer.parseInt(total.group(1)) != covered) {
      throw unknown();
    }
    SortedSet<String> directories = new TreeSet<>();
    for (Matcher directory = DIRECTORY.matcher(text); directory.find(); ) {
      String parent = directory.group("parent");
      directories.add((parent.equals("/") ? "" : parent) + "/" + directory.group("name"));
    }
    return new PreloadedFiles(directories, files);
  }

  private static BuildException unknown() {
    return new BuildException(
        "cannot read the index of pglite.data in pglite.js: its form has changed. Adapt "
            + PreloadedFiles.class.getSimpleName()
            + " to this version of the package.");
  }
}

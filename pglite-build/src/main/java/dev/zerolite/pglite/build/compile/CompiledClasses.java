package dev.zerolite.pglite.build.compile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Class files by internal name (with slashes), in a fixed order. */
public record CompiledClasses(SortedMap<String, byte[]> classes) {
  public CompiledClasses(Map<String, byte[]> classes) {
    this(new TreeMap<>(classes));
  }

  /** Writes one .class file for each below a directory. */
  public void writeTo(Path directory) throws IOException {
    for (Map.Entry<String, byte[]> entry : classes.entrySet()) {
      Path file = directory.resolve(entry.getKey() + ".class");
      Files.createDirectories(file.getParent());
      Files.write(file, entry.getValue());
    }
  }

  public long totalBytes() {
    return classes.values().stream().mapToLong(bytes -> bytes.length).sum();
  }
}

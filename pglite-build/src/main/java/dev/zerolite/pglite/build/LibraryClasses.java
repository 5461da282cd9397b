package dev.zerolite.pglite.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** The files of a library on the class path, a directory or a jar. */
final class LibraryClasses {
  private LibraryClasses() {}

  /**
   * Reads some of them.
   *
   * @param member a class of the library
   * @param wanted says by their paths which
   * @return the contents by path, in the order of the paths
   */
  static Map<String, byte[]> of(Class<?> member, Predicate<String> wanted) {
    try {
      Path source = Path.of(member.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.isDirectory(source) ? ofDirectory(source, wanted) : ofJar(source, wanted);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the classes of " + member, e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("cannot locate the classes of " + member, e);
    }
  }

  private static Map<String, byte[]> ofDirectory(Path source, Predicate<String> wanted)
      throws IOException {
    Map<String, byte[]> found = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(source)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        String path = source.relativize(file).toString().replace('\\', '/');
        if (wanted.test(path)) {
          found.put(path, Files.readAllBytes(file));
        }
      }
    }
    return found;
  }

  private static Map<String, byte[]> ofJar(Path source, Predicate<String> wanted)
      throws IOException {
    Map<String, byte[]> found = new TreeMap<>();
    try (JarFile jar = new JarFile(source.toFile())) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        if (!entry.isDirectory() && wanted.test(entry.getName())) {
          found.put(entry.getName(), jar.getInputStream(entry).readAllBytes());
        }
      }
    }
    return found;
  }
}

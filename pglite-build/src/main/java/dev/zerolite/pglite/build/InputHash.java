package dev.zerolite.pglite.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** A hash over inputs of a step: words, whole libraries, or packages of classes. */
final class InputHash {
  private final MessageDigest digest;

  InputHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  InputHash add(String word) {
    return add(word.getBytes(StandardCharsets.UTF_8));
  }

  private InputHash add(byte[] bytes) {
    digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
    digest.update(bytes);
    return this;
  }

  /** The library that a class comes from. */
  InputHash addLibrary(Class<?> member) {
    return addClasses(member, path -> path.endsWith(".class"));
  }

  /** One package, without the ones below it, of the library that a class comes from. */
  InputHash addPackage(Class<?> member, String directory) {
    return addClasses(
        member, path -> path.startsWith(directory) && path.indexOf('/', directory.length()) < 0);
  }

  private InputHash addClasses(Class<?> member, Predicate<String> wanted) {
    try {
      Path source = Path.of(member.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isDirectory(source)) {
        addDirectory(source, wanted);
      } else {
        addJar(source, wanted);
      }
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the classes of " + member, e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("cannot locate the classes of " + member, e);
    }
  }

  private void addDirectory(Path source, Predicate<String> wanted) throws IOException {
    try (Stream<Path> walk = Files.walk(source)) {
      for (Path file : walk.filter(Files::isRegularFile).sorted().toList()) {
        String path = source.relativize(file).toString().replace('\\', '/');
        if (wanted.test(path)) {
          add(path);
          add(Files.readAllBytes(file));
        }
      }
    }
  }

  private void addJar(Path source, Predicate<String> wanted) throws IOException {
    try (JarFile jar = new JarFile(source.toFile())) {
      List<JarEntry> entries =
          Collections.list(jar.entries()).stream()
              .filter(entry -> !entry.isDirectory() && wanted.test(entry.getName()))
              .sorted(Comparator.comparing(JarEntry::getName))
              .toList();
      for (JarEntry entry : entries) {
        add(entry.getName());
        add(jar.getInputStream(entry).readAllBytes());
      }
    }
  }

  /** Twenty hexadecimal digits. */
  String key() {
    return HexFormat.of().formatHex(digest.digest()).substring(0, 20);
  }
}

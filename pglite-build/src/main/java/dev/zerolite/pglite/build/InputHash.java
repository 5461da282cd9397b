package dev.zerolite.pglite.build;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Predicate;

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
    LibraryClasses.of(member, wanted)
        .forEach(
            (path, bytes) -> {
              add(path);
              add(bytes);
            });
    return this;
  }

  /** Twenty hexadecimal digits. */
  String key() {
    return HexFormat.of().formatHex(digest.digest()).substring(0, 20);
  }
}

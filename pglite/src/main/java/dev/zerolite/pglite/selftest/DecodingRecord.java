package dev.zerolite.pglite.selftest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * That decoding has passed its test: the engine's build runs it and keeps this beside the engine,
 * so that a start need not. It names what was tested: the engine by its PostgreSQL, and the classes
 * of this library that decoding consists of by their contents. With any other the test is to be
 * made again.
 *
 * <p>Contents are told apart by CRC-32, since only accidents are to be noticed and a jar's
 * directory has it of each file: a start reads none of them.
 */
public final class DecodingRecord {
  /** Where the build puts it, beside the engine's other files. */
  public static final String FILE = "decoding-tested";

  /** Those whose classes take part in decoding, by their directories. */
  public static final Set<String> PACKAGES =
      Set.of(
          "dev/zerolite/pglite/decode/",
          "dev/zerolite/pglite/host/",
          "dev/zerolite/pglite/selftest/",
          "dev/zerolite/pglite/wasm/");

  private static final String POSTGRES = "postgres";
  private static final String POSTGRES_HASH = "wasm.sha256";

  private DecodingRecord() {}

  /** The classes that are here. */
  @FunctionalInterface
  interface Classes {
    /** The sum of one by the path of its file; none if it is not there. */
    OptionalLong sum(String path) throws IOException;
  }

  /**
   * What to keep.
   *
   * @param engine that has passed the test
   * @param classes of {@link #PACKAGES}, by the path of their files
   */
  public static String of(Engine engine, Map<String, byte[]> classes) {
    Map<String, String> sums = new TreeMap<>();
    classes.forEach((path, bytes) -> sums.put(path, Long.toHexString(sum(bytes))));
    sums.put(POSTGRES, engine.property(POSTGRES_HASH).orElseThrow());
    StringBuilder lines = new StringBuilder();
    sums.forEach((name, sum) -> lines.append(name).append(' ').append(sum).append('\n'));
    return lines.toString();
  }

  /** Whether the engine has a record, and what it names is what is here. */
  public static boolean isWith(Engine engine) {
    Optional<byte[]> record = engine.file(FILE);
    return record.isPresent() && holds(new String(record.get(), UTF_8), engine);
  }

  static boolean holds(String record, Engine engine) {
    try {
      Optional<Path> jar = jar();
      if (jar.isPresent()) {
        try (ZipFile file = new ZipFile(jar.get().toFile())) {
          return holds(record, engine, path -> sumOf(file.getEntry(path)));
        }
      }
      return holds(record, engine, DecodingRecord::sumOfResource);
    } catch (IOException e) {
      return false; // what cannot be read was not tested
    }
  }

  private static boolean holds(String record, Engine engine, Classes classes) throws IOException {
    requireNonNull(engine);
    for (String line : record.split("\n")) {
      int end = line.indexOf(' ');
      if (end < 0
          || !line.substring(end + 1).equals(present(line.substring(0, end), engine, classes))) {
        return false;
      }
    }
    return true;
  }

  private static String present(String name, Engine engine, Classes classes) throws IOException {
    if (name.equals(POSTGRES)) {
      return engine.property(POSTGRES_HASH).orElse("");
    }
    OptionalLong sum = classes.sum(name);
    return sum.isPresent() ? Long.toHexString(sum.getAsLong()) : "";
  }

  private static OptionalLong sumOf(ZipEntry file) {
    return file == null ? OptionalLong.empty() : OptionalLong.of(file.getCrc());
  }

  private static OptionalLong sumOfResource(String path) throws IOException {
    try (InputStream file = DecodingRecord.class.getClassLoader().getResourceAsStream(path)) {
      return file == null ? OptionalLong.empty() : OptionalLong.of(sum(file.readAllBytes()));
    }
  }

  private static long sum(byte[] bytes) {
    CRC32 sum = new CRC32();
    sum.update(bytes);
    return sum.getValue();
  }

  /** This library, if it is a jar by itself: neither a directory nor part of another jar. */
  private static Optional<Path> jar() {
    CodeSource source = DecodingRecord.class.getProtectionDomain().getCodeSource();
    if (source == null || !"file".equals(source.getLocation().getProtocol())) {
      return Optional.empty();
    }
    try {
      return Optional.of(Path.of(source.getLocation().toURI())).filter(Files::isRegularFile);
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}

package dev.zerolite.pglite.selftest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.host.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * That decoding has passed its test: the engine's build runs it and keeps this beside the engine,
 * so that a start need not. It names what was tested: the engine by its PostgreSQL, and the classes
 * of this library that decoding consists of by their contents. With any other the test is to be
 * made again.
 */
public final class DecodingRecord {
  /** Where the build puts it, beside the engine's other files. */
  public static final String FILE = "decoding-tested";

  /** Those whose classes take part in decoding, by their directories. */
  public static final List<String> PACKAGES =
      List.of(
          "dev/zerolite/pglite/decode/",
          "dev/zerolite/pglite/host/",
          "dev/zerolite/pglite/selftest/",
          "dev/zerolite/pglite/wasm/");

  private static final String POSTGRES = "postgres";
  private static final String POSTGRES_HASH = "wasm.sha256";

  private DecodingRecord() {}

  /**
   * What to keep.
   *
   * @param engine that has passed the test
   * @param classes of {@link #PACKAGES}, by the path of their files
   */
  public static String of(Engine engine, Map<String, byte[]> classes) {
    Map<String, String> hashes = new TreeMap<>();
    classes.forEach((path, bytes) -> hashes.put(path, hash(bytes)));
    hashes.put(POSTGRES, engine.property(POSTGRES_HASH).orElseThrow());
    StringBuilder lines = new StringBuilder();
    hashes.forEach((name, hash) -> lines.append(name).append(' ').append(hash).append('\n'));
    return lines.toString();
  }

  /** Whether the engine has a record, and what it names is what is here. */
  public static boolean isWith(Engine engine) {
    return engine.file(FILE).map(bytes -> holds(new String(bytes, UTF_8), engine)).orElse(false);
  }

  static boolean holds(String record, Engine engine) {
    requireNonNull(engine);
    return !record.isEmpty()
        && record
            .lines()
            .map(line -> line.split(" ", 2))
            .allMatch(entry -> entry.length == 2 && entry[1].equals(present(entry[0], engine)));
  }

  private static String present(String name, Engine engine) {
    if (name.equals(POSTGRES)) {
      return engine.property(POSTGRES_HASH).orElse("");
    }
    try (InputStream file = DecodingRecord.class.getClassLoader().getResourceAsStream(name)) {
      return file == null ? "" : hash(file.readAllBytes());
    } catch (IOException e) {
      return ""; // what cannot be read was not tested
    }
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

package dev.zerolite.pglite.build.npm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TarArchiveTest {
  private final ByteArrayOutputStream archive = new ByteArrayOutputStream();

  private void entry(char type, String directory, String name, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 124, "%011o".formatted(bytes.length));
    header[156] = (byte) type;
    put(header, 345, directory);
    archive.writeBytes(header);
    archive.writeBytes(Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512));
  }

  private static void put(byte[] header, int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }

  private Map<String, byte[]> read() throws Exception {
    return TarArchive.read(new ByteArrayInputStream(archive.toByteArray()), "package/");
  }

  @Test
  void readsRegularFilesBelowThePrefix() throws Exception {
    entry('5', "", "package/dist/", "");
    entry('0', "", "package/dist/a.js", "a".repeat(700));
    entry('0', "package/very/long", "b.js", "b");
    entry('0', "", "other/c.js", "c");
    archive.writeBytes(new byte[1024]);
    assertThat(read())
        .containsOnlyKeys("dist/a.js", "very/long/b.js")
        .hasEntrySatisfying("dist/a.js", bytes -> assertThat(bytes).hasSize(700))
        .containsEntry("very/long/b.js", new byte[] {'b'});
  }

  @Test
  void followsPaxPaths() throws Exception {
    entry('x', "", "PaxHeader", "20 mtime=1234567890\n30 path=package/a much longer\n");
    entry('0', "", "package/short", "x");
    entry('0', "", "package/next", "y");
    assertThat(read()).containsOnlyKeys("a much longer", "next");
  }

  @Test
  void refusesHalfAnArchive() {
    entry('0', "", "package/a", "content");
    byte[] half = Arrays.copyOf(archive.toByteArray(), 515);
    assertThatThrownBy(() -> TarArchive.read(new ByteArrayInputStream(half), "package/"))
        .isInstanceOf(EOFException.class);
  }
}

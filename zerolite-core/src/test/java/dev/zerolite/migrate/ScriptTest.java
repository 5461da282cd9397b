package dev.zerolite.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScriptTest {
  @TempDir Path directory;

  @Test
  void countsCharactersBeyondTheBasicPlaneAsOne() {
    var script = new Script(Path.of("x.sql"), "SELECT '😀';\nSELECT '😀', oops;");

    var place = script.placeOf("SELECT '😀';\nSELECT '😀', ".codePointCount(0, 26) + 1);

    assertThat(place.line()).isEqualTo(2);
    assertThat(place.text().substring(place.column())).isEqualTo("oops;");
  }

  @Test
  void marksThePlaceBelowTabs() {
    var script = new Script(Path.of("x.sql"), "\tSELECT\toops");

    assertThat(script.placeOf(9).shown()).isEqualTo("  \tSELECT\toops\n  \t      \t^");
  }

  @Property
  void everyPositionIsInsideItsLine(@ForAll String sql, @ForAll int position) {
    var place = new Script(Path.of("x.sql"), sql).placeOf(position);

    assertThat(place.column()).isBetween(0, place.text().length());
    assertThat(sql.split("\n", -1)[place.line() - 1]).isEqualTo(place.text());
  }

  @Test
  void theChecksumIgnoresLineEndsAndByteOrderMark() throws Exception {
    var unix = Files.writeString(directory.resolve("unix.sql"), "SELECT 1;\nSELECT 2;\n");
    var windows =
        Files.writeString(directory.resolve("win.sql"), "\uFEFFSELECT 1;\r\nSELECT 2;\r\n");

    assertThat(Script.read(windows).checksum()).isEqualTo(Script.read(unix).checksum());
    assertThat(Script.read(windows).sql()).startsWith("SELECT 1");
  }
}

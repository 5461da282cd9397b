package dev.zerolite.pglite.build.npm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerolite.pglite.build.BuildException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PreloadedFilesTest {
  private static final String DIRECTORIES =
      "Module[\"FS_createPath\"](\"/\",\"pglite\",true,true);"
          + "Module[\"FS_createPath\"](\"/pglite\",\"lib\",true,true);";

  private static PreloadedFiles read(String script, String data) {
    return PreloadedFiles.read(
        script.getBytes(StandardCharsets.UTF_8), data.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void takesTheDataApart() {
    PreloadedFiles preloaded =
        read(
            DIRECTORIES
                + "({files:[{filename:\"/pglite/a\",start:0,end:2},"
                + "{filename:\"/pglite/lib/b.so\",start:2,end:5}],remote_package_size:5})",
            "aabbb");
    assertThat(preloaded.directories()).containsExactly("/pglite", "/pglite/lib");
    assertThat(preloaded.files())
        .containsEntry("/pglite/a", new byte[] {'a', 'a'})
        .containsEntry("/pglite/lib/b.so", new byte[] {'b', 'b', 'b'});
  }

  @Test
  void refusesAnIndexThatItDoesNotUnderstand() {
    assertThatThrownBy(() -> read("({files:[]})", "")).isInstanceOf(BuildException.class);
    assertThatThrownBy(
            () -> read("({files:[{filename:\"/a\",start:0,end:2}],remote_package_size:3})", "aab"))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("pglite.js");
    assertThatThrownBy(
            () -> read("({files:[{filename:\"/a\",start:0,end:9}],remote_package_size:9})", "aab"))
        .isInstanceOf(BuildException.class);
  }
}

package dev.zerolite.cli.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassArchiveTest {
  @TempDir private Path cache;
  private ClassArchive archive;

  @BeforeEach
  void install() throws IOException {
    archive = new ClassArchive(cache.resolve("17-1-2/classes.jsa"));
    Files.createDirectories(archive.directory());
    var made = Files.writeString(archive.directory().resolve("new"), "an archive");
    archive.install(made);
    assertThat(made).doesNotExist();
  }

  @Test
  void isKeptAsLongAsItIsWhole() throws IOException {
    assertThat(archive.isIntact()).isTrue();
  }

  @Test
  void aTruncatedOneIsRemoved() throws IOException {
    Files.writeString(archive.file(), "an arch");
    assertThat(archive.isIntact()).isFalse();
    assertThat(archive.file()).doesNotExist();
  }

  @Test
  void oneThatWasNeverMadeIsNotIntact() throws IOException {
    assertThat(new ClassArchive(cache.resolve("25-1-2/classes.aot")).isIntact()).isFalse();
  }

  @Test
  void thoseOfOlderJarsAreDeletedWhenThereAreMany() throws IOException {
    for (int age = 1; age <= 5; age++) {
      var other = Files.createDirectory(cache.resolve("17-" + age + "-9"));
      Files.writeString(other.resolve("classes.jsa"), "an archive");
      Files.setLastModifiedTime(other, FileTime.fromMillis(1_000_000 - age));
    }
    archive.prune();
    try (var left = Files.list(cache)) {
      assertThat(left)
          .containsExactlyInAnyOrder(
              archive.directory(),
              cache.resolve("17-1-9"),
              cache.resolve("17-2-9"),
              cache.resolve("17-3-9"));
    }
  }

  @Test
  void aTrainingJvmGetsTheOptionsOfThisOneExceptThoseOfItsArchive() {
    assertThat(
            ClassArchive.optionsWithoutArchive(
                List.of(
                    "-XX:+UseSerialGC",
                    "-XX:AOTMode=auto",
                    "-XX:AOTCache=/a",
                    "-Xshare:auto",
                    "-XX:SharedArchiveFile=/b",
                    "-Xlog:disable",
                    "-Dzerolite.archive=/a",
                    "-Xmx1g")))
        .containsExactly("-XX:+UseSerialGC", "-Xmx1g");
  }
}

package dev.zerolite.pglite.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineCacheTest {
  @TempDir Path root;

  private final AtomicInteger made = new AtomicInteger();
  private EngineCache cache;

  @BeforeEach
  void setUp() {
    cache = new EngineCache(root, new Progress(new PrintStream(PrintStream.nullOutputStream())));
  }

  private void make(Path directory) throws IOException {
    made.incrementAndGet();
    Files.writeString(directory.resolve("file"), "content");
  }

  @Test
  void makesAnEntryOnce() {
    Path first = cache.entry("key", this::make);
    assertThat(cache.entry("key", this::make)).isEqualTo(first);
    assertThat(first.resolve("file")).hasContent("content");
    assertThat(made).hasValue(1);
  }

  @Test
  void keepsNothingOfAFailure() throws Exception {
    assertThatThrownBy(
            () ->
                cache.entry(
                    "key",
                    directory -> {
                      Files.writeString(directory.resolve("half"), "");
                      throw new IOException("disk full");
                    }))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("disk full");
    try (var left = Files.list(root)) {
      assertThat(left.filter(Files::isDirectory)).isEmpty();
    }
    assertThat(cache.entry("key", this::make).resolve("file")).exists();
  }

  private List<String> directories() throws IOException {
    try (var all = Files.list(root)) {
      return all.filter(Files::isDirectory).map(d -> d.getFileName().toString()).sorted().toList();
    }
  }

  /** As many as are kept, and five more, used a day ago; the higher the number the later. */
  private void makeOldEntries() throws IOException {
    Instant first = Instant.now().minus(Duration.ofDays(1));
    for (int i = 0; i < EngineCache.KEPT + 5; i++) {
      Path entry = cache.entry("old%02d".formatted(i), this::make);
      Files.setLastModifiedTime(entry, FileTime.from(first.plusSeconds(i)));
    }
  }

  @Test
  void keepsWhatWasUsedLast() throws Exception {
    makeOldEntries();
    Files.createDirectories(root.resolve("making-123"));
    cache.entry("old00", this::make);
    cache.touch("old01");
    cache.touch("never made");
    cache.prune();
    assertThat(directories())
        .hasSize(EngineCache.KEPT)
        .contains("old00", "old01", "old07", "old28")
        .doesNotContain("old02", "old06", "making-123");
    assertThat(root.resolve("old02.lock")).doesNotExist();
    assertThat(made).hasValue(EngineCache.KEPT + 5);
  }

  @Test
  void removesNothingThatSomebodyUsesOrHasJustUsed() throws Exception {
    makeOldEntries();
    cache.use(
        () -> {
          cache.prune();
          assertThat(directories()).hasSize(EngineCache.KEPT + 5);
        });
    for (int i = 0; i < EngineCache.KEPT + 5; i++) {
      cache.touch("old%02d".formatted(i));
    }
    cache.prune();
    assertThat(directories()).hasSize(EngineCache.KEPT + 5);
  }

  @Test
  void copiesWholeTrees() throws Exception {
    Path from = root.resolve("from");
    Files.createDirectories(from.resolve("a/b"));
    Files.writeString(from.resolve("a/b/c"), "deep");
    EngineCache.copy(from, root.resolve("to"));
    assertThat(root.resolve("to/a/b/c")).hasContent("deep");
    EngineCache.delete(root.resolve("to"));
    assertThat(root.resolve("to")).doesNotExist();
  }

  @Test
  void hashesDependOnEveryInput() {
    List<String> keys =
        List.of(
            new InputHash().add("a").add("b").key(),
            new InputHash().add("ab").key(),
            new InputHash().add("b").add("a").key(),
            new InputHash().addPackage(EngineCache.class, "dev/zerolite/pglite/build/").key(),
            new InputHash().addPackage(EngineCache.class, "dev/zerolite/pglite/build/npm/").key(),
            new InputHash().addLibrary(Test.class).key());
    assertThat(keys).doesNotHaveDuplicates();
    assertThat(new InputHash().addLibrary(Test.class).key()).isEqualTo(keys.get(5));
  }
}

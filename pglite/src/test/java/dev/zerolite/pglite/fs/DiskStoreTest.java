package dev.zerolite.pglite.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskStoreTest {
  private static final int CWD = ProcessFiles.AT_FDCWD;

  @TempDir Path directory;

  private FileTree mounted() throws IOException {
    FileTree tree = new FileTree();
    tree.mount("/data", directory);
    return tree;
  }

  @Test
  void whatIsOnDiskIsInTheTree() throws IOException {
    Files.createDirectories(directory.resolve("base/1"));
    Files.writeString(directory.resolve("base/1/PG_VERSION"), "18\n");
    FileTree tree = mounted();
    assertThat(tree.readFile("/data/base/1/PG_VERSION")).asString(UTF_8).isEqualTo("18\n");
    assertThat(tree.directory("/data").mode()).isEqualTo(0040700);
    assertThat(tree.find("/data/base/1").path()).isEqualTo("/data/base/1");
  }

  @Test
  void aTreeIsExtractedAsItIs() throws IOException {
    FileTree tree = new FileTree();
    byte[] bytes = new byte[200_000];
    bytes[150_000] = 1;
    tree.writeFile("/template/base/5/1234", bytes, 0600);
    tree.makeDirectories("/template/pg_twophase", 0700);
    tree.extract("/template", directory.resolve("new"), Set.of(), true);
    assertThat(directory.resolve("new/pg_twophase")).isEmptyDirectory();
    assertThat(directory.resolve("new/base/5/1234")).hasBinaryContent(bytes);
  }

  @Test
  void moreFilesThanChannelsAreFine() throws IOException {
    FileTree tree = mounted();
    ProcessFiles files = new ProcessFiles(tree);
    for (int i = 0; i < 600; i++) {
      int fd = files.open(CWD, "/data/f" + i, OpenFlags.CREAT | OpenFlags.RDWR, 0600);
      files.regularFile(fd).write(0, new byte[] {(byte) i}, 0, 1);
    }
    byte[] one = new byte[1];
    for (int i = 0; i < 600; i++) {
      files.regularFile(3 + i).read(0, one, 0, 1);
      assertThat(one[0]).isEqualTo((byte) i);
      files.regularFile(3 + i).sync();
    }
    tree.directory("/data").sync();
    files.closeFrom(0);
  }

  @Test
  void anInterruptedThreadGoesOnReadingAndWriting() throws IOException {
    FileTree tree = mounted();
    RegularFile file = tree.writeFile("/data/f", "abc".getBytes(UTF_8), 0600);
    Thread.currentThread().interrupt();
    file.write(1, "B".getBytes(UTF_8), 0, 1);
    file.sync();
    tree.directory("/data").sync();
    assertThat(tree.readFile("/data/f")).asString(UTF_8).isEqualTo("aBc");
    assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
  }

  @Test
  void filesDoNotMoveBetweenDiskAndMemory() throws IOException {
    FileTree tree = mounted();
    tree.writeFile("/tmp/f", new byte[1], 0600);
    ProcessFiles files = new ProcessFiles(tree);
    ErrnoException failure =
        catchThrowableOfType(
            ErrnoException.class, () -> files.rename(CWD, "/tmp/f", CWD, "/data/f"));
    assertThat(failure.errno()).isEqualTo(Errno.EXDEV);
  }

  @Test
  void aMountedTreeIsNotCopied() throws IOException {
    FileTree tree = mounted();
    assertThatIllegalStateException().isThrownBy(tree::copy).withMessageContaining("/data");
  }
}

package dev.zerolite.pglite.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class FileTreeTest {
  private static final int CWD = ProcessFiles.AT_FDCWD;

  private final FileTree tree = new FileTree();
  private final ProcessFiles files = new ProcessFiles(tree);

  private static void assertErrno(Errno expected, ThrowingCallable call) {
    ErrnoException failure = catchThrowableOfType(ErrnoException.class, call);
    assertThat(failure).as("a failure").isNotNull();
    assertThat(failure.errno()).isEqualTo(expected);
  }

  private void write(String path, String text) {
    tree.writeFile(path, text.getBytes(UTF_8), 0600);
  }

  private String read(String path) {
    return new String(tree.readFile(path), UTF_8);
  }

  private int open(String path, int flags) {
    return files.open(CWD, path, flags, 0600);
  }

  @Test
  void standardDescriptorsAreOpen() {
    assertThat(files.file(0).node()).isInstanceOf(Device.class);
    assertThat(((Device) files.file(1).node()).kind()).isEqualTo(Device.Kind.STDOUT);
    assertThat(((Device) files.file(2).node()).kind()).isEqualTo(Device.Kind.STDERR);
    assertThat(open("/dev/null", 0)).isEqualTo(3);
  }

  @Test
  void openFollowsItsFlags() {
    assertErrno(Errno.ENOENT, () -> open("/a", OpenFlags.RDWR));
    int fd = open("/a", OpenFlags.RDWR | OpenFlags.CREAT);
    files.regularFile(fd).write(0, new byte[10], 0, 10);
    assertErrno(Errno.EEXIST, () -> open("/a", OpenFlags.CREAT | OpenFlags.EXCL));
    assertErrno(Errno.ENOTDIR, () -> open("/a", OpenFlags.DIRECTORY));
    assertErrno(Errno.ENOTDIR, () -> open("/a/b", OpenFlags.CREAT));
    assertErrno(Errno.ENOTDIR, () -> open("/a/", 0));
    assertErrno(Errno.EISDIR, () -> open("/tmp", OpenFlags.WRONLY));
    assertErrno(Errno.ENOENT, () -> open("/nowhere/b", OpenFlags.CREAT));
    assertErrno(Errno.ENOENT, () -> open("", 0));
    assertErrno(Errno.ENAMETOOLONG, () -> open("/" + "x".repeat(256), OpenFlags.CREAT));
    assertThat(files.lookup(CWD, "/a", true).size()).isEqualTo(10);
    open("/a", OpenFlags.WRONLY | OpenFlags.TRUNC);
    assertThat(files.lookup(CWD, "/a", true).size()).isZero();
  }

  @Test
  void theLowestFreeDescriptorIsTaken() {
    assertThat(open("/tmp", 0)).isEqualTo(3);
    assertThat(open("/tmp", 0)).isEqualTo(4);
    files.close(3);
    assertErrno(Errno.EBADF, () -> files.file(3));
    assertErrno(Errno.EBADF, () -> files.close(3));
    assertErrno(Errno.EBADF, () -> files.file(-1));
    assertThat(open("/tmp", 0)).isEqualTo(3);
    assertThat(files.duplicate(4, 10)).isEqualTo(10);
    files.closeFrom(3);
    assertErrno(Errno.EBADF, () -> files.file(10));
  }

  @Test
  void duplicatesShareTheirPosition() {
    int fd = open("/a", OpenFlags.CREAT | OpenFlags.RDWR);
    int twin = files.duplicateTo(fd, 9);
    files.file(fd).setPosition(42);
    assertThat(files.file(twin).position()).isEqualTo(42);
    assertThat(files.file(open("/a", 0)).position()).isZero();
  }

  @Test
  void anUnlinkedFileStaysUsable() {
    int fd = open("/tmp/t", OpenFlags.CREAT | OpenFlags.RDWR);
    files.unlink(CWD, "/tmp/t");
    assertErrno(Errno.ENOENT, () -> files.lookup(CWD, "/tmp/t", true));
    RegularFile file = files.regularFile(fd);
    file.write(0, "still here".getBytes(UTF_8), 0, 10);
    byte[] bytes = new byte[10];
    assertThat(file.read(0, bytes, 0, 10)).isEqualTo(10);
    assertThat(bytes).asString(UTF_8).isEqualTo("still here");
    assertThat(file.path()).isNull();
  }

  @Test
  void processesShareTheTreeButNotDescriptorsAndDirectory() {
    ProcessFiles other = new ProcessFiles(tree);
    write("/tmp/x", "1");
    files.changeDirectory("/tmp");
    assertThat(other.workingDirectory()).isEqualTo("/");
    assertThat(files.lookup(CWD, "x", true)).isSameAs(other.lookup(CWD, "tmp/x", true));
    open("x", 0);
    assertErrno(Errno.EBADF, () -> other.file(3));
  }

  @Test
  void pathsMayGoUpAndStartAtADescriptor() {
    files.makeDirectory(CWD, "/a", 0700);
    files.makeDirectory(CWD, "/a/b", 0700);
    write("/a/f", "f");
    int b = open("/a/b", OpenFlags.DIRECTORY);
    assertThat(files.lookup(b, "../f", true).path()).isEqualTo("/a/f");
    assertThat(files.lookup(b, "..//./../..", true)).isSameAs(tree.root());
    assertErrno(Errno.ENOTDIR, () -> files.lookup(0, "x", true));
    assertThat(files.lookup(0, "/a", true).path()).isEqualTo("/a");
  }

  @Test
  void directoriesAreRemovedOnlyWhenEmpty() {
    files.makeDirectory(CWD, "/d", 0700);
    assertErrno(Errno.EEXIST, () -> files.makeDirectory(CWD, "/d/", 0700));
    write("/d/f", "");
    assertErrno(Errno.ENOTEMPTY, () -> files.removeDirectory(CWD, "/d"));
    assertErrno(Errno.EISDIR, () -> files.unlink(CWD, "/d"));
    assertErrno(Errno.ENOTDIR, () -> files.removeDirectory(CWD, "/d/f"));
    files.unlink(CWD, "/d/f");
    files.changeDirectory("/d");
    files.removeDirectory(CWD, "/d");
    assertErrno(Errno.ENOENT, files::workingDirectory);
    assertErrno(Errno.ENOENT, () -> open("orphan", OpenFlags.CREAT));
    assertErrno(Errno.EBUSY, () -> files.removeDirectory(CWD, "/"));
  }

  @Test
  void renameReplacesLikeWithLike() {
    write("/a", "a");
    write("/b", "b");
    int fd = open("/b", 0);
    files.rename(CWD, "/a", CWD, "/b");
    assertThat(read("/b")).isEqualTo("a");
    byte[] old = new byte[1];
    files.regularFile(fd).read(0, old, 0, 1);
    assertThat(old).asString(UTF_8).isEqualTo("b");
    assertErrno(Errno.ENOENT, () -> files.rename(CWD, "/a", CWD, "/c"));
    files.rename(CWD, "/b", CWD, "/b");
    assertThat(read("/b")).isEqualTo("a");

    files.makeDirectory(CWD, "/d", 0700);
    files.makeDirectory(CWD, "/d/e", 0700);
    assertErrno(Errno.EISDIR, () -> files.rename(CWD, "/b", CWD, "/d"));
    assertErrno(Errno.ENOTDIR, () -> files.rename(CWD, "/d", CWD, "/b"));
    assertErrno(Errno.EINVAL, () -> files.rename(CWD, "/d", CWD, "/d/e/f"));
    files.makeDirectory(CWD, "/g", 0700);
    assertErrno(Errno.ENOTEMPTY, () -> files.rename(CWD, "/g", CWD, "/d"));
    files.rename(CWD, "/d/e", CWD, "/g");
    write("/g/x", "moved");
    files.rename(CWD, "/g", CWD, "/d/h");
    assertThat(read("/d/h/x")).isEqualTo("moved");
    assertThat(tree.directory("/d").names()).containsExactly("h");
  }

  @Test
  void symbolicLinksAreFollowed() {
    tree.makeDirectories("/space/1", 0700);
    write("/space/1/f", "data");
    files.makeSymbolicLink("../space/1", CWD, "/tmp/link");
    assertThat(read("/tmp/link/f")).isEqualTo("data");
    assertThat(files.lookup(CWD, "/tmp/link", true)).isInstanceOf(Directory.class);
    assertThat(files.lookup(CWD, "/tmp/link", false)).isInstanceOf(SymbolicLink.class);
    assertThat(files.lookup(CWD, "/tmp/link/", false)).isInstanceOf(Directory.class);
    assertErrno(Errno.ELOOP, () -> open("/tmp/link", OpenFlags.NOFOLLOW));
    files.unlink(CWD, "/tmp/link");
    assertThat(read("/space/1/f")).isEqualTo("data");

    files.makeSymbolicLink("/tmp/later", CWD, "/tmp/dangling");
    assertErrno(Errno.ENOENT, () -> open("/tmp/dangling", 0));
    open("/tmp/dangling", OpenFlags.CREAT);
    assertThat(files.lookup(CWD, "/tmp/later", false)).isInstanceOf(RegularFile.class);

    files.makeSymbolicLink("self", CWD, "/tmp/self");
    assertErrno(Errno.ELOOP, () -> open("/tmp/self", 0));
  }

  @Test
  void aListingIsFrozenUntilRewound() {
    write("/d/b", "");
    write("/d/a", "");
    OpenFile directory = files.file(open("/d", 0));
    assertThat(directory.listing()).containsExactly(".", "..", "a", "b");
    files.unlink(CWD, "/d/a");
    assertThat(directory.listing()).containsExactly(".", "..", "a", "b");
    directory.setPosition(0);
    assertThat(directory.listing()).containsExactly(".", "..", "b");
  }

  @Test
  void aPipeDeliversInOrderAndNeverBlocks() {
    int[] ends = files.pipe();
    Pipe pipe = (Pipe) files.file(ends[0]).node();
    byte[] buffer = new byte[100_000];
    assertErrno(Errno.EAGAIN, () -> pipe.read(buffer, 0, 1));
    int written = pipe.write(buffer, 0, buffer.length);
    assertThat(written).isBetween(1, buffer.length - 1);
    assertErrno(Errno.EAGAIN, () -> pipe.write(buffer, 0, 1));
    assertThat(pipe.read(buffer, 0, 100)).isEqualTo(100);
    assertThat(pipe.write(new byte[] {1, 2, 3}, 0, 3)).isEqualTo(3);
    assertThat(pipe.read(buffer, 0, written - 100)).isEqualTo(written - 100);
    assertThat(pipe.read(buffer, 0, 10)).isEqualTo(3);
    assertThat(buffer).startsWith(1, 2, 3);
  }

  @Test
  void aCopySeesNothingOfLaterChanges() {
    write("/d/a", "one");
    write("/d/b", "b");
    files.makeSymbolicLink("a", CWD, "/d/l");
    FileTree copy = tree.copy();
    write("/d/a", "two");
    files.unlink(CWD, "/d/b");
    copy.writeFile("/d/c", new byte[] {'c'}, 0600);
    assertThat(new String(copy.readFile("/d/l"), UTF_8)).isEqualTo("one");
    assertThat(copy.directory("/d").names()).containsExactly("a", "b", "c", "l");
    assertThat(read("/d/l")).isEqualTo("two");
    assertThat(tree.directory("/d").names()).containsExactly("a", "l");
    assertThat(copy.find("/dev/null")).isInstanceOf(Device.class);
  }

  @Test
  void archivesKeepTreesAndShareEqualChunks() throws IOException {
    byte[] big = new byte[3 * MemoryContent.CHUNK + 5];
    big[2 * MemoryContent.CHUNK] = 7;
    tree.writeFile("/data/sub/big", big, 0640);
    tree.writeFile("/data/same", big, 0600);
    tree.writeFile("/data/empty", new byte[0], 0600);
    tree.makeDirectories("/data/nothing", 0700);
    tree.createSymbolicLink(tree.locate(tree.root(), "/data/link", false), "sub/big");

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TreeArchive.write(tree, bytes);
    assertThat(bytes.size()).isLessThan(1000);
    FileTree copy = TreeArchive.read(new ByteArrayInputStream(bytes.toByteArray()));

    assertThat(copy.directory("/data").names())
        .containsExactly("empty", "link", "nothing", "same", "sub");
    assertThat(copy.find("/data/sub/big").mode()).isEqualTo(0100640);
    assertThat(copy.find("/dev/null")).isInstanceOf(Device.class);
    assertThat(copy.readFile("/data/empty")).isEmpty();
    // a chunk that two files share is written to in one of them only
    ((RegularFile) copy.find("/data/link"))
        .write(2 * MemoryContent.CHUNK + 1, new byte[] {8}, 0, 1);
    assertThat(copy.readFile("/data/same")).isEqualTo(big);
    big[2 * MemoryContent.CHUNK + 1] = 8;
    assertThat(copy.readFile("/data/sub/big")).isEqualTo(big);
  }

  @Test
  void aCutArchiveIsRefused() throws IOException {
    tree.writeFile("/f", new byte[] {1, 2, 3}, 0600);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TreeArchive.write(tree, bytes);
    byte[] cut = Arrays.copyOf(bytes.toByteArray(), bytes.size() - 1);
    assertThatThrownBy(() -> TreeArchive.read(new ByteArrayInputStream(cut)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cut short");
  }

  @Test
  void graftedFilesAreCopies() {
    FileTree other = new FileTree();
    other.writeFile("/from/sub/f", new byte[] {1}, 0600);
    tree.writeFile("/to/old", new byte[] {9}, 0600);
    tree.graft("/to", other, "/from");
    ((RegularFile) tree.find("/to/sub/f")).write(0, new byte[] {2}, 0, 1);
    assertThat(tree.directory("/to").names()).containsExactly("sub");
    assertThat(other.readFile("/from/sub/f")).containsExactly(1);
  }
}

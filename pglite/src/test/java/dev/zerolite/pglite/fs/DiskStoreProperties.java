package dev.zerolite.pglite.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * The same random calls on a directory in memory and on a mounted one: same answers, same files,
 * and the disk holds what the tree says.
 */
class DiskStoreProperties {
  private static final int CWD = ProcessFiles.AT_FDCWD;

  enum Kind {
    WRITE,
    WRITE_HELD,
    READ_HELD,
    TRUNCATE,
    MAKE_DIRECTORY,
    UNLINK,
    REMOVE_DIRECTORY,
    RENAME,
    LINK,
    LIST
  }

  record Call(Kind kind, String path, String other, int number) {}

  @Provide
  Arbitrary<List<Call>> calls() {
    Arbitrary<String> paths =
        Arbitraries.of("a", "b", "c")
            .list()
            .ofMinSize(1)
            .ofMaxSize(3)
            .map(s -> String.join("/", s));
    return Combinators.combine(
            Arbitraries.of(Kind.values()), paths, paths, Arbitraries.integers().between(0, 9000))
        .as(Call::new)
        .list()
        .ofMaxSize(60);
  }

  /** One side of the comparison. */
  private static final class Side {
    final ProcessFiles files;
    final String root;
    final List<Integer> held = new ArrayList<>();

    Side(FileTree tree, String root) {
      this.files = new ProcessFiles(tree);
      this.root = root;
    }

    Object answer(Call call) {
      try {
        return run(call, root + "/" + call.path(), root + "/" + call.other());
      } catch (ErrnoException e) {
        return e.errno();
      }
    }

    private Object run(Call call, String path, String other) {
      switch (call.kind()) {
        case WRITE -> {
          int flags = OpenFlags.RDWR | OpenFlags.CREAT;
          int fd = files.open(CWD, path, flags, 0600);
          byte[] text = (call + "").getBytes(UTF_8);
          files.regularFile(fd).write(call.number(), text, 0, text.length);
          if (call.number() % 3 == 0) {
            held.add(fd);
          } else {
            files.close(fd);
          }
          return fd;
        }
        case WRITE_HELD -> {
          return held(
              call,
              file -> {
                file.write(call.number(), new byte[] {1, 2, 3}, 0, 3);
                return file.size();
              });
        }
        case READ_HELD -> {
          return held(
              call,
              file -> {
                byte[] bytes = new byte[10_000];
                return file.read(call.number(), bytes, 0, bytes.length) + new String(bytes, UTF_8);
              });
        }
        case TRUNCATE -> {
          if (files.lookup(CWD, path, true) instanceof RegularFile file) {
            file.truncate(call.number());
          }
        }
        case MAKE_DIRECTORY -> files.makeDirectory(CWD, path, 0700);
        case UNLINK -> files.unlink(CWD, path);
        case REMOVE_DIRECTORY -> files.removeDirectory(CWD, path);
        case RENAME -> files.rename(CWD, path, CWD, other);
        case LINK -> files.makeSymbolicLink(call.other(), CWD, path);
        case LIST -> {
          return files.lookup(CWD, path, true) instanceof Directory d ? d.names() : "no directory";
        }
      }
      return "done";
    }

    private Object held(Call call, Function<RegularFile, Object> use) {
      if (held.isEmpty()) {
        return "nothing held";
      }
      return use.apply(files.regularFile(held.get(call.number() % held.size())));
    }
  }

  @Property(tries = 150)
  void memoryAndDiskAgree(@ForAll("calls") List<Call> calls) throws IOException {
    Path directory = Files.createTempDirectory("disk-store");
    try {
      FileTree memory = new FileTree();
      memory.makeDirectories("/root", 0700);
      FileTree disk = new FileTree();
      disk.mount("/root", directory);
      Side one = new Side(memory, "/root");
      Side two = new Side(disk, "/root");
      for (Call call : calls) {
        assertThat(two.answer(call)).as("%s", call).isEqualTo(one.answer(call));
      }
      TreeMap<String, String> expected = content(memory.directory("/root"), "");
      assertThat(content(disk.directory("/root"), "")).isEqualTo(expected);
      FileTree again = new FileTree();
      again.mount("/root", directory);
      assertThat(content(again.directory("/root"), "")).isEqualTo(expected);
      one.files.closeFrom(0);
      two.files.closeFrom(0);
    } finally {
      delete(directory);
    }
  }

  private static TreeMap<String, String> content(Directory directory, String path) {
    TreeMap<String, String> all = new TreeMap<>();
    for (Node node : directory.nodes()) {
      String name = path + "/" + node.name();
      if (node instanceof Directory below) {
        all.put(name, "directory");
        all.putAll(content(below, name));
      } else if (node instanceof SymbolicLink link) {
        all.put(name, "-> " + link.target());
      } else if (node instanceof RegularFile file) {
        byte[] bytes = new byte[(int) file.size()];
        file.read(0, bytes, 0, bytes.length);
        all.put(name, new String(bytes, UTF_8));
      }
    }
    return all;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}

package dev.zerolite.pglite.fs;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A tree as one stream of bytes that is read quickly: nothing is compressed, but chunks of zeros
 * are left out and equal chunks (a cluster's databases begin as copies of each other) are there
 * once. Trees that are read share such chunks too, until somebody writes.
 *
 * <p>The format: the length of the index; the index; the chunks, one after the other. The index has
 * the lengths of the chunks, then the root's entries. A directory's entry tells how many entries
 * follow below it, a file's which chunks it has, -1 for a hole. Devices are left out: every tree
 * has its own.
 */
public final class TreeArchive {
  private static final int HOLE = -1;

  private enum Kind {
    DIRECTORY,
    FILE,
    LINK
  }

  private TreeArchive() {}

  // ---- writing ----

  /** Writes all of a tree. */
  public static void write(FileTree tree, OutputStream out) throws IOException {
    Writer writer = new Writer();
    writer.entries(tree.root());
    writer.finish(out);
  }

  private static final class Writer {
    private final Map<ByteBuffer, Integer> numbers = new HashMap<>();
    private final List<byte[]> chunks = new ArrayList<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream entries = new DataOutputStream(bytes);

    void entries(Directory directory) throws IOException {
      List<Node> nodes =
          directory.nodes().stream().filter(node -> !(node instanceof Device)).toList();
      entries.writeInt(nodes.size());
      for (Node node : nodes) {
        entry(node);
      }
    }

    private void entry(Node node) throws IOException {
      if (node instanceof Directory directory) {
        head(Kind.DIRECTORY, node);
        entries(directory);
      } else if (node instanceof RegularFile file) {
        head(Kind.FILE, node);
        content(file);
      } else if (node instanceof SymbolicLink link) {
        head(Kind.LINK, node);
        entries.writeUTF(link.target());
      } else {
        throw new AssertionError("a pipe has no name");
      }
    }

    private void head(Kind kind, Node node) throws IOException {
      entries.writeByte(kind.ordinal());
      entries.writeUTF(node.name());
      entries.writeInt(node.mode());
    }

    private void content(RegularFile file) throws IOException {
      entries.writeLong(file.size());
      byte[] buffer = new byte[MemoryContent.CHUNK];
      for (long at = 0; at < file.size(); at += buffer.length) {
        int count = file.read(at, buffer, 0, buffer.length);
        while (count > 0 && buffer[count - 1] == 0) {
          count--;
        }
        entries.writeInt(count == 0 ? HOLE : number(Arrays.copyOf(buffer, count)));
      }
    }

    private int number(byte[] chunk) {
      return numbers.computeIfAbsent(
          ByteBuffer.wrap(chunk),
          b -> {
            chunks.add(chunk);
            return chunks.size() - 1;
          });
    }

    void finish(OutputStream out) throws IOException {
      ByteArrayOutputStream index = new ByteArrayOutputStream();
      DataOutputStream head = new DataOutputStream(index);
      head.writeInt(chunks.size());
      for (byte[] chunk : chunks) {
        head.writeInt(chunk.length);
      }
      bytes.writeTo(head);
      DataOutputStream all = new DataOutputStream(out);
      all.writeInt(index.size());
      index.writeTo(all);
      for (byte[] chunk : chunks) {
        all.write(chunk);
      }
      all.flush();
    }
  }

  // ---- reading ----

  /** Reads a tree, which has the devices of every new tree besides. */
  public static FileTree read(InputStream in) throws IOException {
    byte[] index = in.readNBytes(new DataInputStream(in).readInt());
    DataInputStream head = new DataInputStream(new ByteArrayInputStream(index));
    byte[][] chunks = new byte[head.readInt()][];
    for (int i = 0; i < chunks.length; i++) {
      chunks[i] = new byte[head.readInt()];
    }
    for (byte[] chunk : chunks) {
      if (in.readNBytes(chunk, 0, chunk.length) < chunk.length) {
        throw new IOException("the archive is cut short");
      }
    }
    FileTree tree = new FileTree();
    new Reader(tree, head, chunks).entries(tree.root());
    return tree;
  }

  private record Reader(FileTree tree, DataInputStream entries, byte[][] chunks) {
    private static final Kind[] KINDS = Kind.values();

    void entries(Directory directory) throws IOException {
      for (int left = entries.readInt(); left > 0; left--) {
        Kind kind = KINDS[entries.readByte()];
        String name = entries.readUTF();
        int mode = entries.readInt();
        switch (kind) {
          case DIRECTORY -> {
            if (!(directory.entry(name) instanceof Directory)) {
              directory.link(
                  name,
                  new Directory(tree.nextInode(), mode, directory.store().createDirectory(name)));
            }
            entries((Directory) directory.entry(name));
          }
          case FILE ->
              directory.link(
                  name, new RegularFile(tree.nextInode(), mode, content(directory.store(), name)));
          case LINK -> directory.link(name, new SymbolicLink(tree.nextInode(), entries.readUTF()));
        }
      }
    }

    private FileContent content(DirectoryStore store, String name) throws IOException {
      long size = entries.readLong();
      byte[][] own = new byte[MemoryContent.chunkCount(size)][];
      for (int i = 0; i < own.length; i++) {
        int number = entries.readInt();
        own[i] = number == HOLE ? null : chunks[number];
      }
      return ((MemoryStore) store).createFile(name, own, size);
    }
  }
}

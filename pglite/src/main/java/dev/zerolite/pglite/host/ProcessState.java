package dev.zerolite.pglite.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.zerolite.pglite.fs.FileTree;
import java.nio.ByteBuffer;

/**
 * What fork(2) copies of a process: with it the process can be made again, in another JVM, too. Its
 * descriptors are not part of it, nor the memory that it shares, its libraries and the function
 * pointers that were added.
 *
 * @param memory its linear memory
 * @param globals of the main module, in their order
 * @param workingDirectory an absolute path
 */
public record ProcessState(byte[] memory, long[] globals, String workingDirectory) {

  /** Writes it to files below a directory of a tree. */
  public void writeTo(FileTree tree, String directory) {
    tree.writeFile(directory + "/memory", memory, 0600);
    ByteBuffer bytes = ByteBuffer.allocate(globals.length * Long.BYTES);
    bytes.asLongBuffer().put(globals);
    tree.writeFile(directory + "/globals", bytes.array(), 0600);
    tree.writeFile(directory + "/cwd", workingDirectory.getBytes(UTF_8), 0600);
  }

  /** Reads what {@link #writeTo} has written. */
  public static ProcessState readFrom(FileTree tree, String directory) {
    byte[] bytes = tree.readFile(directory + "/globals");
    long[] globals = new long[bytes.length / Long.BYTES];
    ByteBuffer.wrap(bytes).asLongBuffer().get(globals);
    return new ProcessState(
        tree.readFile(directory + "/memory"),
        globals,
        new String(tree.readFile(directory + "/cwd"), UTF_8));
  }
}

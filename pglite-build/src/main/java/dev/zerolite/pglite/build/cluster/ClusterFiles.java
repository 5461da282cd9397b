package dev.zerolite.pglite.build.cluster;

import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.Node;
import dev.zerolite.pglite.fs.RegularFile;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything below one directory of a tree.
 *
 * @param directories paths relative to it
 * @param files contents by path relative to it
 */
public record ClusterFiles(SortedSet<String> directories, Map<String, byte[]> files) {
  /** Reads it all into memory. */
  public static ClusterFiles below(FileTree tree, String directory) {
    ClusterFiles result = new ClusterFiles(new TreeSet<>(), new TreeMap<>());
    result.add(tree.directory(directory), "");
    return result;
  }

  private void add(Directory directory, String prefix) {
    for (String name : directory.names()) {
      String path = prefix + name;
      Node node = directory.entry(name);
      if (node instanceof Directory child) {
        directories.add(path);
        add(child, path + "/");
      } else if (node instanceof RegularFile file) {
        byte[] content = new byte[(int) file.size()];
        file.read(0, content, 0, content.length);
        files.put(path, content);
      }
    }
  }
}

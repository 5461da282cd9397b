package dev.zerolite.pglite.fs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The open channels of a mounted directory, the most recently used ones: a cluster has more files
 * than a process may have descriptors.
 */
final class DiskChannels {
  private static final int CAPACITY = 256;

  private final Map<DiskContent, FileChannel> open = new LinkedHashMap<>(16, 0.75f, true);

  FileChannel of(DiskContent content) throws IOException {
    FileChannel channel = open.get(content);
    if (channel == null || !channel.isOpen()) {
      channel = FileChannel.open(content.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
      open.put(content, channel);
      closeEldest();
    }
    return channel;
  }

  /** Takes a channel out of the books: it is the content's own from now on. */
  FileChannel remove(DiskContent content) throws IOException {
    FileChannel channel = of(content);
    open.remove(content);
    return channel;
  }

  void close(DiskContent content) throws IOException {
    FileChannel channel = open.remove(content);
    if (channel != null) {
      channel.close();
    }
  }

  private void closeEldest() throws IOException {
    if (open.size() > CAPACITY) {
      Iterator<FileChannel> eldest = open.values().iterator();
      FileChannel channel = eldest.next();
      eldest.remove();
      channel.close();
    }
  }
}

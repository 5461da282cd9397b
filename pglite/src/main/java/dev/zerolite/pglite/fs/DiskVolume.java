package dev.zerolite.pglite.fs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the files of a mounted directory have in common: their open channels, the most recently used
 * ones, since a cluster has more files than a process may have descriptors; and which of them were
 * written to since they were last forced.
 *
 * <p>The second is for PostgreSQL's checkpoints. There, a backend that writes a page does not force
 * it: it tells the checkpointer, which forces all such files before the control file points to the
 * checkpoint (sync.c). Backends that end or crash take what they remember with them; here nothing
 * is lost, since whoever writes the seal (the control file) has everything forced that anybody has
 * written.
 */
final class DiskVolume {
  private static final int CAPACITY = 256;

  private final DiskOptions options;
  private final Map<DiskContent, FileChannel> open = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<DiskContent> unforced = new LinkedHashSet<>();

  DiskVolume(DiskOptions options) {
    this.options = options;
  }

  DiskOptions options() {
    return options;
  }

  // ---- channels ----

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

  /** Closes all channels; a file that is used again opens its own again. */
  void closeAll() throws IOException {
    for (FileChannel channel : open.values()) {
      channel.close();
    }
    open.clear();
  }

  private void closeEldest() throws IOException {
    if (open.size() > CAPACITY) {
      Iterator<FileChannel> eldest = open.values().iterator();
      FileChannel channel = eldest.next();
      eldest.remove();
      channel.close();
    }
  }

  // ---- what is not forced yet ----

  /** That content is about to change. */
  void changing(DiskContent content) {
    if (!options.forced()) {
      return;
    }
    if (content.isSeal()) {
      forceAll();
    } else if (!content.isScratch()) {
      unforced.add(content);
    }
  }

  /** What was written to that content is on the device, or will never be needed again. */
  void settled(DiskContent content) {
    unforced.remove(content);
  }

  int unforcedCount() {
    return unforced.size();
  }

  private void forceAll() {
    for (DiskContent content : new ArrayList<>(unforced)) {
      content.sync();
    }
  }
}

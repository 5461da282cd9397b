package dev.zerolite.pglite;

import dev.zerolite.pglite.directory.DataDirectory;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then whether the cluster's directory is still there, as a postmaster looks for its
 * lock file: who goes on without it serves data that nobody will find again.
 */
final class DirectoryWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryWatch.class);

  private final DataDirectory directory;
  private final Duration interval;
  private final ScarceMemory memory = new ScarceMemory();
  private final ScarceMemory.Work<RuntimeException> loss;
  private final Thread thread;

  /**
   * @param onLoss called once, on the watch's thread, which then ends
   */
  DirectoryWatch(String clusterName, DataDirectory directory, Duration interval, Runnable onLoss) {
    this.directory = directory;
    this.interval = interval;
    this.loss = onLoss::run;
    this.thread = new Thread(this::run, "pglite-directory-" + clusterName);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      do {
        Thread.sleep(interval.toMillis());
      } while (isStillThere());
      memory.insistOn(loss);
    } catch (InterruptedException e) {
      LOG.debug("the directory is not watched any more");
    }
  }

  private boolean isStillThere() {
    try {
      return directory.isStillThere();
    } catch (OutOfMemoryError e) {
      return true; // as far as is known; it looks again
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}

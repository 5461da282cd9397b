package dev.zerolite;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has been started and how it is stopped: in the reverse order. */
final class StartedParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StartedParts.class);

  private final Deque<Runnable> stops = new ArrayDeque<>();

  /**
   * Notes that something runs.
   *
   * @param stop ends it; always returns
   */
  void add(Runnable stop) {
    synchronized (stops) {
      stops.push(stop);
    }
  }

  /** Stops everything; a second call does nothing. */
  @Override
  public void close() {
    // An interrupt that led here must not cut the stopping short.
    boolean interrupted = Thread.interrupted();
    for (Runnable stop = next(); stop != null; stop = next()) {
      try {
        stop.run();
      } catch (RuntimeException e) {
        LOG.warn("something did not stop cleanly", e);
      }
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Runnable next() {
    synchronized (stops) {
      return stops.poll();
    }
  }

  boolean isEmpty() {
    synchronized (stops) {
      return stops.isEmpty();
    }
  }
}

package dev.zerolite.wire;

import dev.zerolite.pglite.Backend;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** The running backends by pid, for CancelRequest, and how many more there may be. */
final class Sessions {
  private final Map<Integer, Backend> byPid = new ConcurrentHashMap<>();
  private final Semaphore free;

  Sessions(int maxConnections) {
    this.free = new Semaphore(maxConnections);
  }

  /** Takes one of the places; to be given back with {@link #release()}. */
  void acquire() throws ConnectionRefusedException {
    if (!free.tryAcquire()) {
      throw tooManyClients();
    }
  }

  void release() {
    free.release();
  }

  static ConnectionRefusedException tooManyClients() {
    return new ConnectionRefusedException(
        "53300",
        "sorry, too many clients already",
        "Close idle connections, make the client's pool smaller, or allow more connections.");
  }

  void add(Backend backend) {
    byPid.put(backend.pid(), backend);
  }

  void remove(Backend backend) {
    byPid.remove(backend.pid(), backend);
  }

  /**
   * Cancels the statement that the backend is running.
   *
   * @return false if there is no such backend, or the key is not its own
   */
  boolean cancel(StartupPacket.CancelRequest request) {
    Backend backend = byPid.get(request.pid());
    if (backend == null || backend.cancelKey() != request.key()) {
      return false;
    }
    backend.cancel();
    return true;
  }
}

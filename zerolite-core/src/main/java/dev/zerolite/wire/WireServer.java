package dev.zerolite.wire;

import static java.util.Objects.requireNonNull;

import dev.zerolite.pglite.BackendStarter;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PostgreSQL's wire protocol on a TCP port, in front of a {@link BackendStarter}. */
public final class WireServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WireServer.class);

  /** How many free ports are tried until one is free on every address. */
  private static final int PORT_ATTEMPTS = 20;

  /** How long a forced end of sessions may take on top of the configured time. */
  private static final Duration FORCED_STOP = Duration.ofSeconds(2);

  private final WireConfig config;
  private final BackendStarter starter;

  /** Closes the sockets of ended sessions that their clients leave open. */
  private final ScheduledExecutorService closer =
      Executors.newSingleThreadScheduledExecutor(WireServer::closerThread);

  private final List<ServerSocketChannel> listeners;
  private final List<Thread> acceptors = new ArrayList<>();

  /** Guarded by itself, as is {@link #stopping}. */
  private final Map<Connection, Thread> connections = new HashMap<>();

  private boolean stopping;
  private long connectionCount;

  private WireServer(
      WireConfig config, BackendStarter starter, List<ServerSocketChannel> listeners) {
    this.config = config;
    this.starter = starter;
    this.listeners = listeners;
  }

  /**
   * Listens, and accepts clients from now on.
   *
   * @throws PortInUseException if another process has the port
   * @throws IOException if an address cannot be listened on for another reason
   */
  public static WireServer start(WireConfig config, BackendStarter starter) throws IOException {
    requireNonNull(starter);
    WireServer server = new WireServer(config, starter, listen(config));
    server.listeners.forEach(server::startAcceptor);
    return server;
  }

  /** The port that it listens on. */
  public int port() {
    return portOf(listeners.get(0));
  }

  /** Whether a client said something that long ago and has heard nothing since. Costs nothing. */
  public boolean someoneWaitsLongerThan(Duration time) {
    synchronized (connections) {
      return connections.keySet().stream().anyMatch(client -> client.waitsLongerThan(time));
    }
  }

  /**
   * Stops listening, ends every session with 57P01 and waits until they are gone; sessions that do
   * not end within the configured time are cut off. Returns within that time and two seconds.
   */
  @Override
  public void close() {
    Map<Connection, Thread> open;
    synchronized (connections) {
      stopping = true;
      open = new HashMap<>(connections);
    }
    listeners.forEach(WireServer::close);
    open.keySet().forEach(Connection::stop);
    if (!join(open.values(), config.stopTimeout())) {
      open.keySet().forEach(Connection::closeNow);
      open.values().forEach(Thread::interrupt);
      if (!join(open.values(), FORCED_STOP)) {
        LOG.warn("Some sessions did not end in time; their threads are left behind");
      }
    }
    join(acceptors, FORCED_STOP);
    closer.shutdownNow();
  }

  private static Thread closerThread(Runnable task) {
    Thread thread = new Thread(task, "wire-closer");
    thread.setDaemon(true);
    return thread;
  }

  private static List<ServerSocketChannel> listen(WireConfig config) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return listenOnSamePort(config);
      } catch (PortInUseException e) {
        // With port 0 the first address got a port that another one cannot have: try the next.
        if (config.port() != 0 || attempt == PORT_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static List<ServerSocketChannel> listenOnSamePort(WireConfig config) throws IOException {
    List<ServerSocketChannel> listeners = new ArrayList<>();
    int port = config.port();
    try {
      for (InetAddress address : config.addresses()) {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listeners.add(listener);
        bind(listener, address, port);
        port = portOf(listener);
      }
      return List.copyOf(listeners);
    } catch (IOException | RuntimeException e) {
      listeners.forEach(WireServer::close);
      throw e;
    }
  }

  private static void bind(ServerSocketChannel listener, InetAddress address, int port)
      throws IOException {
    try {
      listener.bind(new InetSocketAddress(address, port), 128);
    } catch (BindException e) {
      if (port != 0 && e.getMessage() != null && e.getMessage().contains("in use")) {
        throw new PortInUseException(address, port, e);
      }
      throw new IOException(
          "Cannot listen on "
              + address.getHostAddress()
              + " port "
              + port
              + " ("
              + e.getMessage()
              + "); choose another address or another port with --pg-port",
          e);
    }
  }

  private static int portOf(ServerSocketChannel listener) {
    return listener.socket().getLocalPort();
  }

  private void startAcceptor(ServerSocketChannel listener) {
    Thread acceptor =
        new Thread(
            () -> accept(listener), "wire-accept-" + listener.socket().getLocalSocketAddress());
    acceptors.add(acceptor);
    acceptor.start();
  }

  private void accept(ServerSocketChannel listener) {
    while (listener.isOpen()) {
      try {
        serve(listener.accept());
      } catch (IOException | OutOfMemoryError e) {
        // the Error is what Java says when the system has no more threads to give
        if (listener.isOpen()) {
          LOG.warn("Accepting a client failed; clients may have to connect again", e);
          pauseAfterFailure();
        }
      }
    }
  }

  /** As PostgreSQL's ServerLoop: a lack of file descriptors does not go away by trying faster. */
  private static void pauseAfterFailure() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(SocketChannel socket) throws IOException {
    Connection connection;
    try {
      connection =
          new Connection(
              new ClientSocket(socket, config.startupTimeout()), config, starter, closer);
    } catch (IOException e) {
      close(socket);
      throw e;
    }
    synchronized (connections) {
      if (stopping) {
        connection.closeNow();
        return;
      }
      Thread thread = new Thread(() -> run(connection), "wire-client-new-" + ++connectionCount);
      try {
        thread.start();
      } catch (OutOfMemoryError e) {
        connection.closeNow();
        throw e;
      }
      // it cannot have removed itself yet: that needs this lock
      connections.put(connection, thread);
    }
  }

  private void run(Connection connection) {
    try {
      connection.run();
    } finally {
      synchronized (connections) {
        connections.remove(connection);
      }
    }
  }

  private static boolean join(Iterable<Thread> threads, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      for (Thread thread : threads) {
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        thread.join(Math.max(1, millis));
        if (thread.isAlive()) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("Closing a socket failed: {}", e.toString());
    }
  }
}

package dev.zerolite.pglite;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets drivers connect over TCP, from this machine only. It passes bytes between a client's socket
 * and a backend; PostgreSQL itself answers everything from the first packet on.
 *
 * <p>Owns a thread that accepts, {@code pglite-listen-PORT}, and one per connection that reads,
 * {@code pglite-client-PORT}. A backend's own thread writes to its client.
 */
final class LoopbackServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoopbackServer.class);

  /** A client on the same machine does not vanish without a word. */
  private static final ClientAddress.KeepAlive NO_KEEP_ALIVE = new ClientAddress.KeepAlive(0, 0, 0);

  private static final int BUFFER = 16 * 1024;
  private static final long END_MILLIS = 2_000;

  private final BackendStarter cluster;
  private final ServerSocket listener;
  private final Thread acceptor;
  private final Set<Socket> clients = ConcurrentHashMap.newKeySet();

  private LoopbackServer(BackendStarter cluster, ServerSocket listener) {
    this.cluster = cluster;
    this.listener = listener;
    this.acceptor = new Thread(this::accept, "pglite-listen-" + port());
    acceptor.setDaemon(true);
  }

  /** Listens on a free port. */
  static LoopbackServer start(BackendStarter cluster) throws IOException {
    LoopbackServer server =
        new LoopbackServer(cluster, new ServerSocket(0, 0, InetAddress.getLoopbackAddress()));
    server.acceptor.start();
    return server;
  }

  InetAddress address() {
    return listener.getInetAddress();
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        clients.add(client);
        Thread reader = new Thread(() -> serve(client), "pglite-client-" + client.getPort());
        reader.setDaemon(true);
        reader.start();
      } catch (IOException e) {
        if (!listener.isClosed()) {
          LOG.warn("a connection was not accepted", e);
        }
      }
    }
  }

  private void serve(Socket client) {
    Backend backend = null;
    try {
      client.setTcpNoDelay(true);
      ClientAddress address =
          new ClientAddress.Tcp(
              (InetSocketAddress) client.getRemoteSocketAddress(),
              (InetSocketAddress) client.getLocalSocketAddress(),
              NO_KEEP_ALIVE);
      backend = cluster.connect(address, new Output(client));
      byte[] buffer = new byte[BUFFER];
      int count;
      while ((count = client.getInputStream().read(buffer)) > 0) {
        backend.receive(buffer, 0, count);
      }
    } catch (BackendStartException e) {
      refuse(client, e);
    } catch (IOException e) {
      LOG.debug("the connection of {} ended", client, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (backend == null) {
        closeQuietly(client);
      } else {
        backend.disconnect();
      }
    }
  }

  private static void refuse(Socket client, BackendStartException reason) {
    try {
      client.getOutputStream().write(BackendMessages.fatal(reason.sqlState(), reason.getMessage()));
    } catch (IOException e) {
      LOG.debug("{} was gone before it was refused", client, e);
    }
  }

  private final class Output implements ClientOutput {
    private final Socket client;

    Output(Socket client) {
      this.client = client;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      client.getOutputStream().write(bytes, offset, length);
    }

    @Override
    public void end() {
      closeQuietly(client);
    }
  }

  private void closeQuietly(Socket client) {
    clients.remove(client);
    try {
      client.close();
    } catch (IOException e) {
      LOG.debug("{} did not close", client, e);
    }
  }

  /** Accepts nobody any more. Those who are connected stay until their backends end. */
  void stopListening() {
    try {
      listener.close();
      acceptor.join(END_MILLIS);
    } catch (IOException e) {
      LOG.debug("the listening socket did not close", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes what connections are left. */
  @Override
  public void close() {
    stopListening();
    clients.forEach(this::closeQuietly);
  }
}
